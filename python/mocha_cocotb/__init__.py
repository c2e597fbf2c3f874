"""The part of mocha-cocotb that runs inside a simulator."""

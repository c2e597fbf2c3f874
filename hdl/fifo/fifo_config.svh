`ifndef FIFO_CONFIG_SVH
`define FIFO_CONFIG_SVH

`ifndef FIFO_DEPTH
`define FIFO_DEPTH 8
`endif

`ifndef FIFO_WIDTH
`define FIFO_WIDTH 8
`endif

`endif

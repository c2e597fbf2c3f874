// Synchronous FIFO; its depth (a power of two) and width come from fifo_config.svh or from defines.
`include "fifo_config.svh"

module fifo (
    input  logic                   clk,
    input  logic                   rst,
    input  logic                   push,
    input  logic [`FIFO_WIDTH-1:0] wdata,
    output logic                   full,
    input  logic                   pop,
    output logic [`FIFO_WIDTH-1:0] rdata,
    output logic                   empty
);
  localparam int DEPTH = `FIFO_DEPTH;
  localparam int PTR = $clog2(DEPTH);

  logic [`FIFO_WIDTH-1:0] memory[DEPTH];
  logic [PTR:0] wptr, rptr;

  assign empty = wptr == rptr;
  assign full  = wptr[PTR] != rptr[PTR] && wptr[PTR-1:0] == rptr[PTR-1:0];
`ifdef FIFO_REGISTERED_OUTPUT
  always_ff @(posedge clk) rdata <= memory[rptr[PTR-1:0]];
`else
  assign rdata = memory[rptr[PTR-1:0]];
`endif

  always_ff @(posedge clk) begin
    if (rst) begin
      wptr <= '0;
      rptr <= '0;
    end else begin
      if (push && !full) begin
        memory[wptr[PTR-1:0]] <= wdata;
        wptr <= wptr + 1'b1;
      end
      if (pop && !empty) rptr <= rptr + 1'b1;
    end
  end
endmodule

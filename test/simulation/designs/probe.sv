// Does what a simulation can do, by request of its tests.
`timescale 1ns/1ps
module probe #(parameter int WIDTH = 8) (
    input logic clk,
    input logic rst,
    input logic crash,
    input logic stop,
    output logic [WIDTH-1:0] q,
    output logic [31:0] drawn
);
  integer depth = 0;
  logic [7:0] image[0:3];
`ifdef VERILATOR
  import "DPI-C" function int dpi_add(input int a, input int b);
  import "DPI-C" function void dpi_crash();
`endif
  initial begin
    if ($value$plusargs("depth=%d", depth)) $display("depth %0d", depth);
    if ($test$plusargs("verbose")) $display("verbose");
    $readmemh(`IMAGE, image);
    $display("image %h %h random %0d urandom %0d", image[0], image[3], $random, $urandom);
`ifdef VERILATOR
    $display("dpi %0d", dpi_add(2, 3));
`endif
`ifdef DUMP
    $dumpfile("own.vcd");
    $dumpvars(0, probe);
`endif
  end
  always_ff @(posedge clk) begin
    if (rst) q <= 0;
    else q <= q + 1;
    drawn <= $urandom;
  end
  always @(posedge stop) $finish;
  always @(posedge crash) begin
`ifdef VERILATOR
    dpi_crash();
`else
    $fatal(1, "crash requested");
`endif
  end
  always @(q) if (q == 100) $fatal(1, "q reached 100");
endmodule

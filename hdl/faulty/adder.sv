// An adder with a fault: it loses the carry into bit 3.
module adder (
    input  logic [7:0] a,
    input  logic [7:0] b,
    output logic [7:0] sum
);
  assign sum = (a + b) & ~(((a & b) & 8'h04) << 1);
endmodule

// ROM whose content comes from rom.hex at the start of the simulation.
module rom (
    input  logic       clk,
    input  logic [3:0] address,
    output logic [7:0] data
);
  logic [7:0] memory[16];

  initial $readmemh("rom.hex", memory);

  always_ff @(posedge clk) data <= memory[address];
endmodule

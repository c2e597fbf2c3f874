// AXI-stream register slice: full throughput, all outputs registered (skid buffer).
module axis_register #(
    parameter int DATA_WIDTH = 32
) (
    input  logic                  clk,
    input  logic                  rst,
    input  logic [DATA_WIDTH-1:0] s_axis_tdata,
    input  logic                  s_axis_tvalid,
    output logic                  s_axis_tready,
    input  logic                  s_axis_tlast,
    output logic [DATA_WIDTH-1:0] m_axis_tdata,
    output logic                  m_axis_tvalid,
    input  logic                  m_axis_tready,
    output logic                  m_axis_tlast
);
  logic [DATA_WIDTH:0] skid;
  logic skid_valid;

  assign s_axis_tready = !skid_valid;

  always_ff @(posedge clk) begin
    if (rst) begin
      m_axis_tvalid <= 1'b0;
      skid_valid <= 1'b0;
    end else begin
      if (m_axis_tready || !m_axis_tvalid) begin
        m_axis_tvalid <= s_axis_tvalid || skid_valid;
        {m_axis_tlast, m_axis_tdata} <= skid_valid ? skid : {s_axis_tlast, s_axis_tdata};
        skid_valid <= 1'b0;
      end else if (s_axis_tvalid && s_axis_tready) begin
        skid <= {s_axis_tlast, s_axis_tdata};
        skid_valid <= 1'b1;
      end
    end
  end
endmodule

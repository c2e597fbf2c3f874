library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use work.gray_package.all;

-- Counts in Gray code.
entity gray_counter is
  generic (
    WIDTH : positive := 4
  );
  port (
    clk    : in  std_logic;
    rst    : in  std_logic;
    enable : in  std_logic;
    gray   : out std_logic_vector(WIDTH - 1 downto 0)
  );
end entity;

architecture rtl of gray_counter is
  signal count : unsigned(WIDTH - 1 downto 0) := (others => '0');
begin
  process (clk)
  begin
    if rising_edge(clk) then
      if rst = '1' then
        count <= (others => '0');
      elsif enable = '1' then
        count <= count + 1;
      end if;
    end if;
  end process;

  gray <= to_gray(std_logic_vector(count));
end architecture;

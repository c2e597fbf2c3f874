library ieee;
use ieee.std_logic_1164.all;

package gray_package is
  -- The code in which neighbours differ in one bit.
  function to_gray(binary : std_logic_vector) return std_logic_vector;
end package;

package body gray_package is
  function to_gray(binary : std_logic_vector) return std_logic_vector is
  begin
    return binary xor ('0' & binary(binary'high downto binary'low + 1));
  end function;
end package body;

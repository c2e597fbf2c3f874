/** An executable that stands in for a simulator's: it tells a version and records how it was called. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes the executable. Each call is appended to the file that the variable RECORD names: a line with the name and the working folder, one for each
 * argument, the script that follows `-do`, and cocotb's variables.
 */
export function recordingTool(folder: string, name: string, version = '1.0'): void {
  const file = path.join(folder, name);
  writeFileSync(
    file,
    `#!/bin/sh
case "$1" in --version|-version|-ID) echo '${version}'; exit 0;; esac
{
  printf '== %s in %s\\n' '${name}' "$PWD"
  for word; do
    printf '%s\\n' "$word"
    if [ "$previous" = -do ] && [ -f "$word" ]; then cat "$word"; echo; fi
    previous=$word
  done
  env | grep -E '^(GPI_EXTRA|TOPLEVEL_LANG|COCOTB_(TOPLEVEL|TEST_MODULES|TRUST_INERTIAL_WRITES)|CDS_AUTO_64BIT)=' | sort
} >> "$RECORD"
`,
  );
  chmodSync(file, 0o755);
}

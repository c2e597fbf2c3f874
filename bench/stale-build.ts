/** Driver: builds a design with this project and nothing else. Argument: the design as JSON. */
import { ensureBuild } from '../src/build/build.ts';
import type { DesignOptions } from '../src/options/design.ts';
import { resolveDesign } from '../src/options/resolve-design.ts';
import { readVariables } from '../src/options/variables.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as DesignOptions;
await ensureBuild(resolveDesign(options, readVariables()));

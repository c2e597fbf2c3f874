/** A process that wants the toy project's build, and says on stdout how that went: `toy-worker.ts FOLDER RUN [TOPLEVEL]`. */
import { ensureToy } from './ensure-toy.ts';
import { makeToy } from './toy-simulator.ts';

const [folder = '', run = '', toplevel = 'top'] = process.argv.slice(2);
try {
  const result = await ensureToy(makeToy(folder), { run, design: { toplevel } });
  console.log(JSON.stringify(result));
} catch (error) {
  const { name, message } = error as Error;
  console.log(JSON.stringify({ error: name, message }));
}

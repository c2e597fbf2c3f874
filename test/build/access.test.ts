/** A build folder of several users: whose files they are, and the error where one may not write. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { makeToy, type Toy } from './toy-simulator.ts';

/** A user and a group that every Linux has, and that own nothing here. */
const nobody = 65534;

describe('a build folder of several users', function () {
  let folder: string;
  let toy: Toy;
  let simBuild: string;

  before(function () {
    // Only root may start a process as somebody else.
    if (process.getuid?.() !== 0) this.skip();
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'access-'));
    chmodSync(folder, 0o755);
    // tsx keeps what it compiled there, and may find our own temporary folder closed to another user.
    mkdirSync(path.join(folder, 'tmp'));
    chmodSync(path.join(folder, 'tmp'), 0o1777);
    toy = makeToy(folder);
    toy.write('top.v', 'module top\n');
    chmodSync(path.join(folder, 'count'), 0o666);
    simBuild = path.join(toy.folder, 'sim_build');
    mkdirSync(simBuild);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Builds as a user with a umask. */
  const build = async (
    uid: number,
    gid: number,
    umask = '022',
  ): Promise<{ id?: string; error?: string; message?: string }> => {
    const worker = path.join(import.meta.dirname, 'toy-worker.ts');
    const script = `umask ${umask}; exec "$@"`;
    const child = spawn(
      '/bin/sh',
      ['-c', script, 'sh', process.execPath, '--import', 'tsx', worker, folder, `run-${uid}`],
      {
        uid,
        gid,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, HOME: folder, TMPDIR: path.join(folder, 'tmp') },
      },
    );
    let text = '';
    child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
    await once(child, 'close');
    return JSON.parse(text || '{}') as { id?: string; error?: string; message?: string };
  };

  it('that one of them may not write is a clear error at once', async () => {
    const { error, message } = await build(nobody, nobody);
    expect(error).to.equal('BuildAccess');
    expect(message).to.match(
      /^Build folder can't be written: \S+sim_build belongs to user 0, group 0, mode 755; this process is user 65534\. Have its owner/,
    );
  });

  it('shared by a group keeps the group and follows the umask', async () => {
    chownSync(simBuild, 0, nobody);
    chmodSync(simBuild, 0o2775);
    const { id = '' } = await build(0, 0, '002');
    for (const part of [
      'builds',
      `builds/${id}`,
      `builds/${id}/product`,
      `builds/${id}/manifest.json`,
      'inputs',
      'calls/.locks',
    ]) {
      const { gid, mode } = statSync(path.join(simBuild, part));
      expect(gid, part).to.equal(nobody);
      expect(mode & 0o020, `${part} is writable for the group`).not.to.equal(0);
    }
    expect(await build(nobody, nobody, '002')).to.deep.equal({ id, compiled: false });
    toy.write('top.v', 'module other\n');
    const other = await build(nobody, nobody, '002');
    expect(readdirSync(path.join(simBuild, 'builds'))).to.have.members([id, other.id]);
  });
});

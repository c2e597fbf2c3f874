/** Which error a system call answered, also where Node has no name for it. */
import fs from 'node:fs';
import os from 'node:os';
import { getSystemErrorName } from 'node:util';
import { expect } from 'chai';
import { describeSystemError, errorCode, isGone } from '../../src/filesystem/lock-file-system.ts';

/** An error as Node makes it. */
function systemError(name: 'ENOENT' | 'ESTALE' | 'EDQUOT'): Error {
  const errno = -os.constants.errno[name];
  return Object.assign(new Error(`${getSystemErrorName(errno)}: scandir '/lock'`), {
    errno,
    code: getSystemErrorName(errno),
  });
}

describe('errorCode', () => {
  it('names what an NFS server answers for a removed folder and for a full quota, which Node calls unknown', () => {
    expect(errorCode(systemError('ESTALE'))).to.equal('ESTALE');
    expect(errorCode(systemError('EDQUOT'))).to.equal('EDQUOT');
    expect(describeSystemError(systemError('EDQUOT'))).to.equal("EDQUOT: scandir '/lock'");
  });

  it("keeps Node's names, and has none for what isn't a system error", () => {
    let thrown: unknown;
    try {
      fs.readdirSync('/nowhere');
    } catch (error) {
      thrown = error;
    }
    expect(errorCode(thrown)).to.equal('ENOENT');
    expect(errorCode(new Error('other'))).to.equal(undefined);
  });

  it('takes a stale handle for absence', () => {
    expect([systemError('ENOENT'), systemError('ESTALE'), systemError('EDQUOT')].map(isGone)).to.deep.equal([
      true,
      true,
      false,
    ]);
  });
});

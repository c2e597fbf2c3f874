/** Which command lines are pip. */
import { expect } from 'chai';
import { runsPip } from '../../src/cli/pip-command.ts';

describe('runsPip', () => {
  const pip = [
    'pip install x',
    'pip3 install x',
    'pip3.11 install x',
    '/venv/bin/pip install x',
    'python -m pip install x',
    'python3 -m pip install x',
    'python3.11 -m pip install x',
    '/usr/bin/python3.11 -Im pip install x',
    'python -W ignore -X dev -m pip list',
    'python -mpip list',
    'python -m pip.__main__ list',
    'python /venv/bin/pip install x',
    'python -m ensurepip --upgrade',
    'uv pip install x',
    'uv --quiet pip install x',
    'uv --directory /a pip install x',
    'python -m uv pip install x',
    'env A=1 python -m pip install x',
    'env -u PYTHONPATH pip install x',
    'env -uPYTHONPATH -i pip install x',
    'env -iu PYTHONPATH A=1 pip install x',
    'env --unset PYTHONPATH --chdir=/a -C /b -- pip install x',
    'env -S pip install x',
    'env -vSpip install x',
  ];
  for (const line of pip) it(`takes "${line}" for pip`, () => expect(runsPip(line.split(' '))).to.equal(true));

  it('takes "env -S" with a whole command line in one argument for pip', () => {
    expect(runsPip(['env', '-S', '-u A B=1  python -m pip', 'install', 'x'])).to.equal(true);
    expect(runsPip(['env', '--split-string=pip install x'])).to.equal(true);
  });

  const others = [
    'python script.py pip',
    'python -c pip -m pip',
    'python -m pytest pip',
    'python -m pipenv',
    'python -u script.py -m pip',
    'python',
    'pipx run x',
    'uv run pip',
    'uv sync',
    'sh -c pip',
    'env',
    'env -u pip python',
    'env -C pip -S python x.py',
    'env pip=1 python',
    'sudo pip install x',
  ];
  for (const line of others)
    it(`does not take "${line}" for pip`, () => expect(runsPip(line.split(' '))).to.equal(false));
});

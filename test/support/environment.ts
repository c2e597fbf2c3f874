/** Loaded before all tests: they use the managed environment of the checkout, wherever their scratch folders are, and have no colours in what they read. */
import path from 'node:path';

process.env['MOCHA_COCOTB_PYTHON'] ??= path.resolve(import.meta.dirname, '../../.venv/bin/python');
// A CI's name makes programs print colours into pipes.
delete process.env['CI'];

/** Lets a command finish in order when it is told to end. */
import process from 'node:process';

/**
 * Runs a function with a signal that fires at the first SIGINT, SIGTERM or SIGHUP. When the function has ended after that, so does this
 * process, by the same signal, which is what a shell or a make that started it needs to see. A second one ends it at once.
 */
export async function runInterruptibly<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let received: NodeJS.Signals | undefined;
  const stopListening = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    received = signal;
    stopListening();
    controller.abort(new Error(`interrupted by ${signal}`));
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await run(controller.signal);
  } finally {
    stopListening();
    if (received !== undefined) process.kill(process.pid, received);
  }
}

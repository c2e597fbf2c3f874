/** The error that a promise rejects with; that it doesn't reject is an error, too. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError('rejected with what is no error', { cause: error });
  }
  throw new Error('expected a rejection');
}

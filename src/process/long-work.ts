/** Says what this process is at when it takes long, where it would be silent. */
const noticeAfter = 5_000;

/**
 * Says on stderr what is being done if it is still being done after 5 s.
 *
 * @param doing - Such as `compiling counter`.
 * @returns Ends that; to be called when it is done.
 */
export function announceLongWork(doing: string): () => void {
  const notice = setTimeout(() => {
    process.stderr.write(`mocha-cocotb: ${doing}, for ${noticeAfter / 1000} s so far\n`);
  }, noticeAfter).unref();
  return () => clearTimeout(notice);
}

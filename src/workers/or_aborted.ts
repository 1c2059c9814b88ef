/** Settles as `work` does, or rejects with `error` as soon as `signal` aborts. The signal is not looked at before. */
export async function orAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
  error: () => Error,
): Promise<Result> {
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(error());
    signal?.addEventListener("abort", abort, { once: true });
    stopListening = () => signal?.removeEventListener("abort", abort);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    stopListening();
  }
}

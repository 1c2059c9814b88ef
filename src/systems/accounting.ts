/**
 * What a round costs on the wire and in arithmetic (docs/math.md, section 6).
 */

/** Of a float64, as messages carry them. */
export const bytesPerNumber = 8;
/** Beside w_t: round, S_t, budget, beta, and the decision on the last proposal: its round, gamma and restarts. */
export const scalarsDown = 7;
/** Beside v_t: round, e_t and the steps made. */
export const scalarsUp = 3;
/** The loss sum and the conjugate sum, on certified rounds. */
const scalarsUpCertified = 2;
/** The decision on the last proposal, with the w_t that a certificate needs where rounds work against another one. */
const scalarsDownCertified = 3;

/** Of a round, what decides how large its messages are. */
export interface MessageKind {
  readonly certified: boolean;
  readonly momentum: boolean;
}

/** Bytes of one task's messages in a round; nothing but the certificate's numbers comes up from a task that dropped it. */
export function taskBytes(
  { certified, momentum }: MessageKind,
  cols: number,
): { readonly down: number; readonly up: number; readonly upDropped: number } {
  const evaluationUp = certified ? scalarsUpCertified : 0;
  const evaluationDown = certified && momentum ? cols + scalarsDownCertified : 0;
  return {
    down: bytesPerNumber * (cols + scalarsDown + evaluationDown),
    up: bytesPerNumber * (cols + scalarsUp + evaluationUp),
    upDropped: bytesPerNumber * evaluationUp,
  };
}

/**
 * Bytes of one round: w_t goes to every task, dropped or not; v_t comes back from the participants. A certificate is
 * evaluated at the w_t that the next round sends anyway, but for momentum, whose rounds work against a point ahead of it.
 */
export function roundBytes(
  round: MessageKind & { readonly participants: number },
  tasks: number,
  cols: number,
): { bytesDown: number; bytesUp: number } {
  const { down, up, upDropped } = taskBytes(round, cols);
  const { participants } = round;
  return { bytesDown: tasks * down, bytesUp: participants * up + (tasks - participants) * upDropped };
}

/** FLOPs of a pass over the data that evaluates scores: one multiplication and addition a stored feature. */
export function passFlops(nnz: number): number {
  return 2 * nnz;
}

/**
 * Rounds between certificates that keep them at a tenth of the arithmetic: a local epoch costs 4 FLOPs a stored feature,
 * a certificate 2. Counted, not timed: the round at which a training stops must not depend on the machine's speed.
 */
export function automaticCertifyEvery(localEpochs: number): number {
  return Math.max(1, Math.ceil(5 / localEpochs));
}

/**
 * Devices that were never heard: who they are, and what their absence does to the models.
 */
import type { Attendance } from "./attendance.js";
import type { DeviceTotals } from "./device_totals.js";

/** A device that never answered. */
export interface AbsentDevice {
  readonly task: string;
  /** Rounds it was invited to. */
  readonly invited: number;
  /** Why it never can answer; `chance` where it could have. */
  readonly why: "drops every round" | "never there" | "too slow" | "chance";
}

/** All devices that never answered a round, in the order of the tasks. */
export function absentDevices(
  names: readonly string[],
  totals: DeviceTotals,
  attendance: Attendance,
): AbsentDevice[] {
  return names.flatMap((task, t) => {
    const invited = totals.invited[t] as number;
    return totals.answered[t] === 0
      ? [{ task, invited, why: attendance.whyNever(t, names) ?? "chance" }]
      : [];
  });
}

/** What it means that devices never answered, in a sentence; undefined if all did. */
export function absenceInWords(absent: readonly AbsentDevice[], rounds: number): string | undefined {
  if (absent.length === 0) {
    return undefined;
  }
  const certain = absent.filter(({ why }) => why !== "chance").length;
  const one = absent.length === 1;
  const who = one ? "this device" : `these ${absent.length} devices`;
  const part = `${one ? "its rows have" : "their rows have"} no part in any model`;
  const never =
    certain === absent.length ? (one ? "it never will" : "they never will") : `${certain} of them never will`;
  return certain === 0
    ? `${who} did not answer in ${rounds} rounds: ${part} so far`
    : `${who} did not answer in ${rounds} rounds and ${never}: ${part}, and the method comes to the optimum without ` +
        "them, not to that of the problem posed";
}

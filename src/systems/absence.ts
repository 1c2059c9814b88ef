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
  /** Whether it never can: it drops every round with probability 1. */
  readonly never: boolean;
}

/** All devices that never answered a round, in the order of the tasks. */
export function absentDevices(
  names: readonly string[],
  totals: DeviceTotals,
  attendance: Attendance,
): AbsentDevice[] {
  return names.flatMap((task, t) =>
    totals.answered[t] === 0
      ? [{ task, invited: totals.invited[t] as number, never: attendance.never(t) }]
      : [],
  );
}

/** What it means that devices never answered, in a sentence; undefined if all did. */
export function absenceInWords(absent: readonly AbsentDevice[], rounds: number): string | undefined {
  if (absent.length === 0) {
    return undefined;
  }
  const who = absent.length === 1 ? "this device" : `these ${absent.length} devices`;
  const rows = absent.length === 1 ? "its rows" : "their rows";
  const sure = absent.some(({ never }) => never);
  return sure
    ? `${who} never answered in ${rounds} rounds, and with probability 1 of dropping a round never will: ${rows} have no part ` +
        `in any model, and the limit is the optimum without them, not that of the problem posed`
    : `${who} never answered in ${rounds} rounds: ${rows} have no part in any model so far`;
}

// Content for tests of reports: every part of a page, made from a seed.
import type { ReportContent, RunPoint } from "fedmtl";

/** Numbers in (0, 1) of the minimal standard generator, the same for a seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A run that falls towards 2 at a rate, with a lower bound that rises towards 2. */
export function fallingRun(rate: number, rounds: number, withDual: boolean): RunPoint[] {
  return Array.from({ length: rounds }, (_, i) => {
    const excess = Math.exp(-rate * (i + 1));
    const spent = { round: i + 1, seconds: 0.25 * (i + 1), bytes: 1000 * (i + 1) };
    return { ...spent, primal: 2 + excess, ...(withDual ? { dual: 2 - excess } : {}) };
  });
}

/** Sizes of the content and names in it. */
export interface ContentShape {
  readonly tasks: number;
  readonly devices: number;
  readonly rounds: number;
  /** Put into every text. */
  readonly text: string;
}

/** A content that has all parts. */
export function contentOf(shape: Partial<ContentShape> = {}): ReportContent {
  const { tasks = 12, devices = 20, rounds = 40, text = "plain" } = shape;
  const random = uniform(7);
  const methods = ["mocha", "cocoa", "minibatch-sgd"].map((name) => `${name} ${text}`);
  const names = Array.from({ length: tasks }, (_, t) => `task-${t} ${text}`);
  const runs = methods.flatMap((method, k) =>
    [1, 2, 3].map((seed) => ({
      method,
      seed,
      points: fallingRun((0.3 / (k + 1)) * (0.9 + 0.2 * random()), rounds, k === 0),
    })),
  );
  const mapped = Math.min(tasks, 300);
  const values = Float64Array.from({ length: mapped * mapped }, (_, i) => {
    const [row, column] = [Math.floor(i / mapped), i % mapped];
    return row === column ? 1 : row % 3 === column % 3 ? 0.75 : -0.25;
  });
  return {
    title: `A report ${text}`,
    command: `fedmtl report '${text}'`,
    summary: [`MOCHA comes first ${text}.`],
    facts: [{ name: `data ${text}`, value: `file ${text}` }],
    options: { loss: "hinge", [`name ${text}`]: `value ${text}`, nested: { [text]: [text] } },
    comparisons: [{ title: `LTE ${text}`, runs }],
    certificates: [{ title: `MOCHA ${text}`, points: runs[0]?.points ?? [] }],
    taskErrors: {
      measure: `error ${text}`,
      tasks: names,
      rows: names.map((_, t) => 100 + t),
      models: ["multi-task", "local", "global"].map((name, k) => ({
        name: `${name} ${text}`,
        values: names.map((_, t) => (k === 2 && t === 3 ? null : 0.05 * (k + 1) + 0.1 * random())),
      })),
    },
    correlation: { tasks: names.slice(0, mapped), values, outOf: tasks },
    devices: methods.slice(0, 2).flatMap((method) =>
      Array.from({ length: devices }, (_, i) => ({
        device: `device-${i} ${text}`,
        method,
        rounds,
        steps: Math.round(1000 * random()),
        theta: random(),
      })),
    ),
    costs: runs.map(({ method, seed }) => ({
      method,
      seed,
      rounds,
      steps: 12_345,
      flops: 1.25e9,
      bytesDown: 5e6,
      bytesUp: 4e6,
      seconds: 12.5,
      joules: 0.25,
    })),
    tables: [
      {
        title: `Table 1 ${text}`,
        columns: [`data ${text}`, "error", "published"],
        rows: [
          [`har66 ${text}`, 0.0123, 0.0193],
          [`school ${text}`, null, 0.0345],
          [`landmine ${text}`, 0.002, 0.0345],
        ],
        notes: [`66 of 561 features ${text}`],
      },
    ],
    notes: [`A note ${text}.`],
  };
}

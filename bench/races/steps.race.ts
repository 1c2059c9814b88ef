/**
 * A coordinate step of the dense solver against the same step as a tight loop over typed arrays in JavaScript, and against the
 * 43 microseconds of the MATLAB release under Octave at d = 9 (measured elsewhere). Same rows, same number of passes in random
 * order, hinge loss, no shrinking; both must arrive at the same objective.
 */
import { fit, independent, TaskSet } from "fedmtl";
import { RandomStream } from "../../dist/data/random.js";
import { denseRows, type SparseRows } from "../problems.js";
import { short } from "../support.js";
import { publishSection } from "./publish.js";
import { spreadOf, spreadText } from "./statistics.js";

const pairs = short ? 1 : 9;
const lambda1 = 1;
const matlabNanoseconds = 43_000;

interface Outcome {
  /** Of a step. */
  readonly nanoseconds: number;
  readonly primal: number;
}

/** P(w) = sum of hinge losses + lambda1/2 ||w||^2. */
function primalAt(w: Float64Array, { values, labels }: SparseRows): number {
  const d = w.length;
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    let z = 0;
    for (let j = 0; j < d; j++) z += (values[i * d + j] as number) * (w[j] as number);
    sum += Math.max(0, 1 - (labels[i] as number) * z);
  }
  return sum + (lambda1 / 2) * w.reduce((square, value) => square + value * value, 0);
}

/** Dual coordinate ascent over `passes` random orders. */
function inJavaScript(data: SparseRows, d: number, passes: number): Outcome {
  const { values, labels } = data;
  const n = labels.length;
  const stream = new RandomStream(2, "order");
  const alpha = new Float64Array(n);
  const w = new Float64Array(d);
  const squares = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (values[i * d + j] as number) ** 2;
    return sum;
  });
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++) {
    for (let i = n - 1; i > 0; i--) {
      const other = Math.floor(stream.uniform() * (i + 1));
      const kept = order[i] as number;
      order[i] = order[other] as number;
      order[other] = kept;
    }
    for (let k = 0; k < n; k++) {
      const i = order[k] as number;
      const first = i * d;
      let z = 0;
      for (let j = 0; j < d; j++) z += (values[first + j] as number) * (w[j] as number);
      const y = labels[i] as number;
      const old = alpha[i] as number;
      const next = Math.min(1, Math.max(0, old + (lambda1 * (1 - y * z)) / (squares[i] as number)));
      const factor = ((next - old) * y) / lambda1;
      alpha[i] = next;
      for (let j = 0; j < d; j++) w[j] = (w[j] as number) + factor * (values[first + j] as number);
    }
  }
  const seconds = (performance.now() - start) / 1000;
  return { nanoseconds: (1e9 * seconds) / (n * passes), primal: primalAt(w, data) };
}

async function ours(tasks: TaskSet, passes: number): Promise<Outcome> {
  const { history, certificate } = await fit(tasks, {
    ...{ loss: "hinge", relationship: independent({ lambda1 }), policy: "paper", threads: 1, positive: 1 },
    ...{ shrinking: false, gram: "off", certifyEvery: passes, stop: { gap: 0, rounds: passes } },
  }).result;
  const nanoseconds = (1e9 * history.total("seconds")) / history.total("steps");
  return { nanoseconds, primal: certificate.primal };
}

async function row(rows: number, d: number, passes: number): Promise<string> {
  const data = denseRows(rows, d);
  const tasks = TaskSet.fromDense({
    ...{ features: data.values, cols: d, labels: data.labels },
    tasks: Array.from(data.labels, () => "all"),
  });
  const [native, script, ratio]: [number[], number[], number[]] = [[], [], []];
  inJavaScript(data, d, 2);
  for (let pair = 0; pair < pairs; pair++) {
    const theirs = inJavaScript(data, d, passes);
    const mine = await ours(tasks, passes);
    if (Math.abs(theirs.primal - mine.primal) > 0.02 * theirs.primal) {
      throw new Error(`the objectives differ at d = ${d}: ${theirs.primal} and ${mine.primal}`);
    }
    native.push(mine.nanoseconds);
    script.push(theirs.nanoseconds);
    ratio.push(theirs.nanoseconds / mine.nanoseconds);
  }
  tasks.dispose();
  const [one, two, times] = [native, script, ratio].map((list) => spreadText(spreadOf(list)));
  const matlab = d === 9 ? (matlabNanoseconds / spreadOf(native).median).toFixed(0) : "–";
  return `| ${rows} × ${d} | ${one} | ${two} | **${times}** | ${d === 9 ? 2.5 : 12} | ${matlab} |`;
}

async function main(): Promise<void> {
  const passes = short ? 5 : 200;
  publishSection("steps", `A coordinate step in random order, hinge, ${passes} passes.`, [
    "| rows × features | ours, ns | JavaScript, ns | times as fast | goal | times as fast as MATLAB's 43 µs (goal 1,000) |",
    "|---|---|---|---|---|---|",
    await row(500, 9, passes),
    await row(340, 561, passes),
  ]);
}

void main();

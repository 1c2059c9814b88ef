// A method of one's own on the virtual clock: distributed gradient descent on one model for all devices, which takes part in a
// simulation as MOCHA and the baselines do. It knows its data from its own arrays.
//
//     npx tsx examples/own-method.ts
import { type Method, simulate, TaskSet } from "fedmtl";

// y = 2 x - 1, a little noise.
const devices = Array.from({ length: 6 }, (_, t) => ({
  id: `device ${t}`,
  X: [1, 2, 3, 4].map((x) => [x, 1]),
  y: [1, 2, 3, 4].map((x) => 2 * x - 1 + 0.1 * (((x + t) % 3) - 1)),
}));
type Device = (typeof devices)[number];

/** A round is one step along the mean gradient of the devices that answer. */
function gradientDescent(eta: number): Method {
  const w = [0, 0];
  const residuals = ({ X, y }: Device): number[] => {
    return X.map(([x = 0], i) => x * (w[0] ?? 0) + (w[1] ?? 0) - (y[i] ?? 0));
  };
  return {
    name: "gradient-descent",
    taskCount: devices.length,
    rowCounts: Float64Array.from(devices, ({ y }) => y.length),
    flopsPerStep: Float64Array.from(devices, () => 8),
    messageBytes: { down: 16, up: 16 },
    async round({ steps }) {
      const here = devices.filter((_, t) => (steps[t] ?? 0) > 0);
      const rows = here.flatMap((device) =>
        residuals(device).map((r, i) => [r * (device.X[i]?.[0] ?? 0), r]),
      );
      for (const j of [0, 1]) {
        const gradient = rows.reduce((sum, row) => sum + (row[j] ?? 0), 0) / Math.max(rows.length, 1);
        w[j] = (w[j] ?? 0) - eta * gradient;
      }
      const sent = steps.map((count) => (count > 0 ? 16 : 0));
      return { steps, flops: steps.map((count) => 8 * count), bytesUp: sent, bytesDown: steps.map(() => 16) };
    },
    objective: async () => ({ primal: devices.flatMap(residuals).reduce((sum, r) => sum + r * r, 0) / 2 }),
    weights: () => Float64Array.from(devices.flatMap(() => w)),
    save: () => ({ w: Float64Array.from(w) }),
    restore: (state) => void w.splice(0, 2, ...(state.w ?? [])),
    dispose: () => {},
  };
}

async function main(): Promise<void> {
  const { history, weights, objective, time } = await simulate(TaskSet.fromArrays(devices), {
    ...{ method: () => gradientDescent(0.1), loss: "squared", network: "lte", faults: 0.3 },
    stop: { rounds: 300 },
  }).result;
  console.log(`${history.total("participants")} answers in ${history.length} rounds, ${time.toFixed(1)} s`);
  console.log(
    `w = ${weights[0]?.toFixed(2)}, ${weights[1]?.toFixed(2)}; objective ${objective.primal.toFixed(3)}`,
  );
}

void main();

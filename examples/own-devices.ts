// Devices of one's own in a simulation: who is there, who fails, and which link each has. Devices with odd numbers sleep for
// an hour after every minute, the second one forgets every tenth round, the last one hangs on a satellite.
//
//     fedmtl generate --tasks 12 --clusters 3 --cols 40 --seed 7 --out wearables.svm
//     npx tsx examples/own-devices.ts wearables.svm
import { type Availability, type Faults, type Link, mean, readTasks, simulate } from "fedmtl";

/** Until when each device stays, by the virtual clock; -Infinity: it is not there. */
const sleepy: Availability = {
  name: "sleepy",
  at({ time, names }, until) {
    const bedtime = Math.floor(time / 3660) * 3660 + 60;
    for (const [t, name] of names.entries()) {
      const odd = /[13579]$/.test(name);
      until[t] = !odd ? Number.POSITIVE_INFINITY : time < bedtime ? bedtime : Number.NEGATIVE_INFINITY;
    }
  },
};

const forgetful: Faults = {
  name: "forgetful",
  drop: ({ round }, dropped) => {
    dropped[1] = round % 10 === 0 ? 1 : 0;
  },
};

const satellite: Link = {
  ...{ downBytesPerSecond: 5e4, upBytesPerSecond: 1e4, latencySeconds: 0.6 },
  ...{ joulesPerByteDown: 1e-5, joulesPerByteUp: 5e-5 },
};

async function main(path = "wearables.svm"): Promise<void> {
  const tasks = await readTasks(path);
  const last = tasks.taskCount - 1;
  const { history, devices, time } = await simulate(tasks, {
    relationship: mean({ lambda1: 0.1, lambda2: 0.01 }),
    ...{ availability: sleepy, faults: forgetful, network: (t) => (t === last ? satellite : "wifi") },
    stop: { rounds: 200, gap: 0 },
  }).result;
  console.log(
    `first round ${history.at(0)?.seconds.toFixed(2)} s, ${history.length} rounds ${time.toFixed(1)} s`,
  );
  for (const t of [0, 1, last]) {
    console.log(`${tasks.names[t]}: ${devices.answered[t]} answers, ${devices.joules[t]?.toFixed(3)} J`);
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

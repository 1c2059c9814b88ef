// Shows what docs/simulation.md says of scale: many devices with a trace, the same bits at any number of threads and after
// kill -9, flat memory.
//
//     node scripts/simulate_scale.cjs [DEVICES [ROUNDS]]        by default 100000 100
//
// Every device has 20 rows of 50 dense float32 features (scripts/scale.cjs) and is there for some seconds at a time. Each
// simulation runs in a process of its own, one after the other. Needs a built checkout.
"use strict";

const { execFileSync, spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { buildTasks, peakBytes, uniforms } = require("./scale.cjs");

const root = path.join(__dirname, "..");
/** Virtual seconds that the trace covers before it repeats. */
const traceSeconds = 10;

/**
 * A trace in which devices come and go, for 0.5 to 2.5 s at a time; one in a thousand has no line.
 * @param {string} file @param {number} devices
 */
function writeTrace(file, devices) {
  const handle = fs.openSync(file, "w");
  let chunk = "device,start,end\n";
  for (let t = 0; t < devices; t++) {
    const next = uniforms(devices + t);
    let time = (next() + 1) / 2;
    while (t % 1000 !== 999 && time < traceSeconds - 1) {
      const end = Math.min(traceSeconds, time + 1.5 + next());
      chunk += `device-${t},${time.toFixed(3)},${end.toFixed(3)}\n`;
      time = end + 0.7 + next() / 2;
    }
    if (chunk.length > 1 << 20) {
      fs.writeSync(handle, chunk);
      chunk = "";
    }
  }
  fs.writeSync(handle, chunk);
  fs.closeSync(handle);
}

/** Everything that a simulation has computed. @param {import("fedmtl").SimulationResult} result */
function digestOf({ status, weights, intercepts, history, devices, time, objective }) {
  const hash = createHash("sha256").update(JSON.stringify({ status, time, objective }));
  const columns = /** @type {const} */ ([
    "time",
    "participants",
    "left",
    "steps",
    "bytesUp",
    "flops",
    "joules",
  ]);
  const arrays = [
    weights,
    intercepts,
    ...columns.map((name) => history.column(name)),
    ...Object.values(devices),
  ];
  for (const values of arrays) {
    hash.update(values);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * One simulation in this process.
 * @param {{ devices: number, rounds: number, threads: number, trace: string, checkpoints?: string, killAt?: number }} plan
 */
async function simulateOnce({ devices, rounds, threads, trace, checkpoints, killAt }) {
  const { mean, readTrace, simulate } = require("fedmtl");
  const tasks = buildTasks(devices);
  const availability = await readTrace(trace, { repeat: traceSeconds });
  /** @type {number[]} */
  const resident = [];
  const start = performance.now();
  const { history, ...result } = await simulate(tasks, {
    relationship: mean({ lambda1: 1, lambda2: 0.1 }),
    ...{
      network: { shares: { lte: 0.5, wifi: 0.3, "3g": 0.2 } },
      devices: { shares: { phone: 0.8, wearable: 0.2 } },
    },
    ...{ availability, faults: 0.05, threads, seed: 1, evaluateEvery: rounds },
    stop: { gap: 0, rounds },
    onRound: ({ round }) => {
      resident.push(process.memoryUsage.rss());
      if (round === killAt) {
        process.kill(process.pid, "SIGKILL");
      }
    },
    ...(checkpoints === undefined ? {} : { checkpoint: { dir: checkpoints, everyRounds: 10, resume: true } }),
  }).result;
  const seconds = (performance.now() - start) / 1000;
  const made = resident.length;
  return {
    ...{ threads, rounds: history.length, seconds, status: result.status },
    participants: history.total("participants") / rounds,
    deviceRoundsPerSecond: (devices * made) / seconds,
    answersPerSecond: history.total("participants") / seconds,
    residentAfterTenth: Math.max(...resident.slice(0, Math.ceil(made / 10))),
    residentAtEnd: resident.at(-1) ?? 0,
    peak: peakBytes(),
    absent: result.absent.length,
    resumedFrom: result.resumedFrom === undefined ? null : path.basename(result.resumedFrom),
    digest: digestOf({ ...result, history }),
  };
}

/** @typedef {Awaited<ReturnType<typeof simulateOnce>>} Outcome */
/** @typedef {Parameters<typeof simulateOnce>[0]} Plan */

/** @param {Plan} plan @returns {Outcome} */
function inOwnProcess(plan) {
  const args = [__filename, "--one", JSON.stringify(plan)];
  return JSON.parse(
    execFileSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
}

/** A simulation that kills itself by `kill -9` in the middle. @param {Plan} plan @returns {string | null} the signal */
function killedHalfway(plan) {
  const args = [__filename, "--one", JSON.stringify({ ...plan, killAt: Math.ceil(plan.rounds / 2) })];
  return spawnSync(process.execPath, args, { cwd: root, stdio: "ignore" }).signal;
}

/**
 * All that the page says, for so many devices.
 * @param {number} devices @param {number} rounds
 * @returns {{ outcomes: Outcome[], resumed: Outcome, signal: string | null }}
 */
function showScale(devices, rounds) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-scale-"));
  try {
    const trace = path.join(folder, "trace.csv");
    writeTrace(trace, devices);
    const plan = { devices, rounds, trace };
    const outcomes = [1, 2, 4].map((threads) => inOwnProcess({ ...plan, threads }));
    const checkpoints = path.join(folder, "checkpoints");
    const signal = killedHalfway({ ...plan, threads: 2, checkpoints });
    const resumed = inOwnProcess({ ...plan, threads: 2, checkpoints });
    return { outcomes, resumed, signal };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** @param {number} devices @param {number} rounds */
function print(devices, rounds) {
  const { outcomes, resumed, signal } = showScale(devices, rounds);
  console.log(
    "| threads | rounds | s | device-rounds/s | answers/s | MB after a tenth | MB at the end | digest |",
  );
  console.log(`|${"---|".repeat(8)}`);
  for (const { threads, rounds: made, seconds, ...rest } of outcomes) {
    const rates = [rest.deviceRoundsPerSecond, rest.answersPerSecond].map((rate) =>
      Math.round(rate).toLocaleString("en"),
    );
    const memory = [rest.residentAfterTenth, rest.residentAtEnd].map((bytes) => (bytes / 1e6).toFixed(0));
    console.log(`| ${[threads, made, seconds.toFixed(1), ...rates, ...memory, rest.digest].join(" | ")} |`);
  }
  const [{ participants = 0, absent = 0, digest = "" } = {}] = outcomes;
  console.log(
    `\n${participants.toFixed(0)} of ${devices} devices answered in a round on average, ${absent} never.`,
  );
  console.log(`Killed by ${signal}, resumed from ${resumed.resumedFrom}: digest ${resumed.digest}.`);
  const same = [...outcomes, resumed].every((outcome) => outcome.digest === digest);
  console.log(same ? "All digests agree." : "DIGESTS DIFFER.");
  process.exitCode = same ? 0 : 1;
}

if (require.main === module) {
  const [first = "100000", second = "100"] = process.argv.slice(2);
  if (first === "--one") {
    void simulateOnce(JSON.parse(second)).then((outcome) => console.log(JSON.stringify(outcome)));
  } else {
    print(Number(first), Number(second));
  }
}

module.exports = { showScale };

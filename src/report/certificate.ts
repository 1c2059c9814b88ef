/**
 * The certificate of a training: primal and dual closing in on the optimum, and the gap between them.
 */
import { short } from "../numbers_in_words.js";
import { drawable, evenlySpaced, linearDomain, logAxis, logSpaced } from "./axes.js";
import type { CertificateTrace, RunPoint } from "./content.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { dataLink, figureOf, slug } from "./figure.js";
import { html, type Markup } from "./markup.js";
import { seriesStyle, togglesOf } from "./palette.js";

/** Points that are drawn, and rows of the CSV. */
const mostDrawn = 300;
const mostRows = 10_000;

interface Certified {
  readonly round: number;
  readonly primal: number;
  readonly dual: number;
  readonly gap: number;
  readonly omegaStep: number | undefined;
}

function certifiedOf(points: readonly RunPoint[]): Certified[] {
  return points.flatMap(({ round, primal, dual, gap, omegaStep }) =>
    primal === undefined || dual === undefined
      ? []
      : [{ round, primal, dual, gap: gap ?? primal - dual, omegaStep }],
  );
}

const series = [
  { name: "primal", index: 0 },
  { name: "dual", index: 1 },
  { name: "gap", index: 2 },
] as const;

/** Rounds at which a new Omega came into force. */
function omegaRounds(points: readonly Certified[]): number[] {
  return points.flatMap(({ round, omegaStep }, i) =>
    i > 0 && omegaStep !== undefined && omegaStep !== points[i - 1]?.omegaStep ? [round] : [],
  );
}

/** More rules than these would hide the lines. */
const mostRules = 12;

function linesOf(
  drawing: Drawing,
  points: readonly Certified[],
  names: readonly (typeof series)[number][],
): DrawingOptions {
  const { plot } = drawing;
  const rules = omegaRounds(points);
  const values = names.flatMap(({ name }) => points.map((point) => point[name]));
  const isLog = names.length === 1;
  const drawn = logSpaced(
    points.map(({ round }) => round),
    mostDrawn,
  ).map((i) => points[i] as Certified);
  const lines = names.flatMap(({ name, index }) => {
    const { colour, dash, symbol, className } = seriesStyle(index);
    const y = (point: Certified): number => (isLog && point[name] <= 0 ? Number.NaN : drawable(point[name]));
    const marked = evenlySpaced(drawn.length, 9).map((i) => drawn[i] as Certified);
    return [
      plot.line(drawn, { x: "round", y, stroke: colour, strokeDasharray: dash, strokeWidth: 1.8, className }),
      plot.dot(marked, { x: "round", y, fill: colour, symbol, r: 3, className }),
    ];
  });
  const ruled = rules.length > 0 && rules.length <= mostRules;
  const yAxis = isLog
    ? { ...logAxis(values), label: "gap", grid: true }
    : { domain: linearDomain(values), label: "objective", grid: true, nice: true, ticks: 6 };
  return {
    height: 260,
    marginLeft: 56,
    marginBottom: 40,
    x: { ...logAxis(points.map(({ round }) => round)), label: "rounds" } as object,
    y: yAxis as object,
    marks: [...(ruled ? [plot.ruleX(rules, { stroke: "currentColor", strokeOpacity: 0.25 })] : []), ...lines],
  };
}

/** The section of one training. */
export function certificateSection(drawing: Drawing, { title, points }: CertificateTrace): Markup {
  const certified = certifiedOf(points).filter(({ round }) => round > 0);
  const last = certified.at(-1);
  if (last === undefined) {
    return html`<section><h3>${title}</h3><p>No round of this training was certified.</p></section>`;
  }
  const scale = Math.max(Math.abs(last.primal), Math.abs(last.dual));
  const relative = scale === 0 ? 0 : last.gap / scale;
  const data = {
    fileName: `${slug(title)}-certificate.csv`,
    header: ["round", "omegaStep", "primal", "dual", "gap"],
    rows: evenlySpaced(certified.length, mostRows).map((i) => {
      const { round, omegaStep, primal, dual, gap } = certified[i] as Certified;
      return [round, omegaStep, primal, dual, gap];
    }),
  };
  const steps = new Set(certified.map(({ omegaStep }) => omegaStep)).size;
  const remarks = [
    ...(steps > 1
      ? [
          "Each Omega step (a vertical line, where they are few) begins a new problem: both values may jump there.",
        ]
      : []),
    ...(certified.length > mostRows ? [`The CSV has ${mostRows} of the rounds, evenly spaced.`] : []),
  ];
  const [primal, dual, gap] = series;
  const figures = [
    {
      title: "Primal and dual",
      plot: linesOf(drawing, certified, [primal, dual]),
      sentence: `After round ${last.round} the primal value is ${short(last.primal)} and the dual value ${short(last.dual)}; the optimum lies between them.`,
      remarks,
    },
    {
      title: "Duality gap",
      plot: linesOf(drawing, certified, [gap]),
      sentence: `The gap falls from ${short(certified[0]?.gap ?? Number.NaN)} to ${short(last.gap)}, ${short(relative)} of the objective.`,
      remarks: [],
    },
  ];
  return html`<section class="comparison"><h3>${title}</h3>
<p class="data">The data behind these plots: ${dataLink(data)}</p>
${togglesOf(
  `Lines shown in ${title}`,
  series.map(({ name, index }) => ({ name, series: index })),
)}
<div class="figures">${figures.map((figure) => figureOf(drawing, figure))}</div>
</section>`;
}

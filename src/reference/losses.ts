// Losses: value, conjugate, and the exact coordinate step of the SDCA subproblem (math.md 2).
//
// For one coordinate the step maximises over the new dual variable alpha+
//     -loss*(-alpha+) - (alpha+ - alpha) z - (a / 2) (alpha+ - alpha)^2,     z = x'u,  a = S q ||x||^2.
// Classification losses use b = alpha y with labels y = ±1; their dual domain is 0 <= b <= 1. References:
// Shalev-Shwartz & Zhang, "Stochastic dual coordinate ascent", JMLR 2013; Yu, Huang & Lin, "Dual coordinate
// descent methods for logistic regression and maximum entropy models", 2011.

export type ReferenceLossName =
  | "hinge"
  | "smoothed-hinge"
  | "logistic"
  | "squared"
  | "epsilon-insensitive"
  | "huber";

/** What shapes some of the losses. */
export interface ReferenceLossShape {
  /** gamma of the smoothed hinge, > 0; default 1. */
  smoothing?: number;
  /** Half-width of the tube of the epsilon-insensitive loss, >= 0; default 0.1. */
  lossEpsilon?: number;
  /** Residual at which the Huber loss turns linear, > 0; default 1. */
  huberDelta?: number;
}

export interface ReferenceLoss {
  /** Whether labels must be ±1. */
  readonly classification: boolean;
  /** loss(z, y) at the score z = w'x. */
  value(z: number, y: number): number;
  /** -loss*(-alpha), for alpha in the dual domain. */
  negativeConjugate(alpha: number, y: number): number;
  /** The alpha of the dual domain that is nearest. */
  clip(alpha: number, y: number): number;
  /** The maximiser alpha+ of the coordinate's subproblem, for curvature a >= 0. */
  step(alpha: number, z: number, y: number, a: number): number;
}

function clip(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

/** 0 <= alpha y <= 1. */
function clipToClass(alpha: number, y: number): number {
  return y * clip(alpha * y, 0, 1);
}

const hinge: ReferenceLoss = {
  classification: true,
  value: (z, y) => Math.max(0, 1 - y * z),
  negativeConjugate: (alpha, y) => alpha * y,
  clip: clipToClass,
  step: (alpha, z, y, a) => {
    const slack = 1 - y * z;
    if (a === 0) {
      return slack > 0 ? y : alpha;
    }
    return y * clip(alpha * y + slack / a, 0, 1);
  },
};

/** The hinge rounded off over a width of gamma > 0. */
function smoothedHinge(gamma: number): ReferenceLoss {
  return {
    classification: true,
    value: (z, y) => {
      const slack = 1 - y * z;
      if (slack <= 0) {
        return 0;
      }
      return slack <= gamma ? slack ** 2 / (2 * gamma) : slack - gamma / 2;
    },
    negativeConjugate: (alpha, y) => {
      const b = alpha * y;
      return b - (gamma * b ** 2) / 2;
    },
    clip: clipToClass,
    step: (alpha, z, y, a) => {
      const b = alpha * y;
      return y * clip(b + (1 - y * z - gamma * b) / (a + gamma), 0, 1);
    },
  };
}

const logistic: ReferenceLoss = {
  classification: true,
  value: (z, y) => Math.max(0, -y * z) + Math.log1p(Math.exp(-Math.abs(z))),
  negativeConjugate: (alpha, y) => entropyTerm(alpha * y) + entropyTerm(1 - alpha * y),
  clip: clipToClass,
  step: (alpha, z, y, a) => y * logisticStep(alpha * y, y * z, a),
};

/** -b log b, with 0 log 0 = 0. */
function entropyTerm(b: number): number {
  return b > 0 ? -b * Math.log(b) : 0;
}

function sigmoid(t: number): number {
  if (t >= 0) {
    return 1 / (1 + Math.exp(-t));
  }
  const e = Math.exp(t);
  return e / (1 + e);
}

/**
 * Solves log((1 - b+) / b+) - margin - a (b+ - b) = 0 for b+. In t = log(b+ / (1 - b+)) that is the root of
 *     t + margin + a (sigmoid(t) - b),
 * whose slope lies in [1, 1 + a/4]: Newton's method within a bracket. Left alone it can cycle between the two flat
 * ends of the sigmoid: a step back must be at most half the step before, or the bracket is halved instead.
 */
function logisticStep(b: number, margin: number, a: number): number {
  let low = -margin - a * (1 - b);
  let high = -margin + a * b;
  const start = b > 0 && b < 1 ? Math.log(b / (1 - b)) : -margin - a * (0.5 - b);
  let t = clip(start, low, high);
  let change = 2 * (high - low);
  for (let iteration = 0; iteration < 100 && change !== 0; iteration++) {
    const s = sigmoid(t);
    const residual = t + margin + a * (s - b);
    if (residual > 0) {
      high = t;
    } else {
      low = t;
    }
    const newton = -residual / (1 + a * s * (1 - s));
    const settling = newton * change > 0 || Math.abs(newton) <= Math.abs(change) / 2;
    const safe = settling && t + newton >= low && t + newton <= high;
    change = safe ? newton : (low + high) / 2 - t;
    t += change;
    if (safe && Math.abs(change) <= 1e-9 * Math.max(1, Math.abs(t))) {
      break;
    }
  }
  return sigmoid(t);
}

const squared: ReferenceLoss = {
  classification: false,
  value: (z, y) => (z - y) ** 2 / 2,
  negativeConjugate: (alpha, y) => alpha * y - alpha ** 2 / 2,
  clip: (alpha) => alpha,
  step: (alpha, z, y, a) => alpha + (y - z - alpha) / (1 + a),
};

/** max(0, |z - y| - tube); dual domain |alpha| <= 1. */
function epsilonInsensitive(tube: number): ReferenceLoss {
  return {
    classification: false,
    value: (z, y) => Math.max(0, Math.abs(z - y) - tube),
    negativeConjugate: (alpha, y) => alpha * y - tube * Math.abs(alpha),
    clip: (alpha) => clip(alpha, -1, 1),
    step: (alpha, z, y, a) => {
      const pull = a * alpha + y - z;
      const beyond = Math.max(0, Math.abs(pull) - tube);
      return beyond === 0 ? 0 : Math.sign(pull) * Math.min(1, beyond / a);
    },
  };
}

/** Squared up to a residual of delta, linear beyond; dual domain |alpha| <= delta. */
function huber(delta: number): ReferenceLoss {
  return {
    classification: false,
    value: (z, y) => {
      const residual = Math.abs(z - y);
      return residual <= delta ? residual ** 2 / 2 : delta * residual - delta ** 2 / 2;
    },
    negativeConjugate: squared.negativeConjugate,
    clip: (alpha) => clip(alpha, -delta, delta),
    step: (alpha, z, y, a) => clip(squared.step(alpha, z, y, a), -delta, delta),
  };
}

/** The loss of that name. Throws a RangeError for a shape out of range. */
export function referenceLoss(name: ReferenceLossName, shape: ReferenceLossShape = {}): ReferenceLoss {
  const { smoothing = 1, lossEpsilon = 0.1, huberDelta = 1 } = shape;
  if (!(smoothing > 0 && lossEpsilon >= 0 && huberDelta > 0)) {
    throw new RangeError(
      `smoothing ${smoothing}, lossEpsilon ${lossEpsilon}, huberDelta ${huberDelta}: the second may be 0, ` +
        "otherwise they must be > 0",
    );
  }
  switch (name) {
    case "hinge":
      return hinge;
    case "smoothed-hinge":
      return smoothedHinge(smoothing);
    case "logistic":
      return logistic;
    case "squared":
      return squared;
    case "epsilon-insensitive":
      return epsilonInsensitive(lossEpsilon);
    case "huber":
      return huber(huberDelta);
  }
}

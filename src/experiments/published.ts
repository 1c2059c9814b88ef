/**
 * What the paper reports, to stand beside what is measured. V. Smith et al.: Federated Multi-Task Learning, NIPS 2017, table 1:
 * test error in per cent, mean and standard error over 10 shuffles. Quoted from memory of the paper, not read off it again.
 */

/** Mean and standard error, in per cent. */
export type PublishedError = readonly [mean: number, standardError: number];

/** Errors of one data set. */
export interface PublishedErrors {
  /** As the paper calls it. */
  readonly data: string;
  readonly global: PublishedError;
  readonly local: PublishedError;
  /** Its multi-task model. */
  readonly multiTask: PublishedError;
  /** How the data of that name here differ from those of the paper. */
  readonly differs: string;
}

/** By the name of a data source. */
export const publishedErrors: Readonly<Record<string, PublishedErrors>> = {
  har66: {
    data: "Human Activity",
    global: [2.23, 0.3],
    local: [1.34, 0.21],
    multiTask: [0.46, 0.11],
    differs: "66 of the 561 features of the paper's data",
  },
  har: {
    data: "Human Activity",
    global: [2.23, 0.3],
    local: [1.34, 0.21],
    multiTask: [0.46, 0.11],
    differs: "read from the archive, splits of our own",
  },
  gleam: {
    data: "Google Glass",
    global: [5.34, 0.26],
    local: [4.92, 0.26],
    multiTask: [2.02, 0.15],
    differs: "read from the archive, splits of our own",
  },
  vehicle: {
    data: "Vehicle Sensor",
    global: [13.4, 0.26],
    local: [7.81, 0.13],
    multiTask: [6.59, 0.21],
    differs: "read from the archive, splits of our own",
  },
};

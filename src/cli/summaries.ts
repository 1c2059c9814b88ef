/** What each command does, in one line: for the list of commands and for the command's own help. */
export const summaries = {
  train: "train one linear model a task, jointly, and certify the result",
  cv: "choose the relationship's numbers by cross-validation within tasks",
  simulate: "train by federated methods as it would go on given devices and networks, on a virtual clock",
  experiment:
    "run an experiment of the paper, or one of this package's own, from one command to a page of results",
  add: "add tasks to a model without training it anew",
  predict: "write decision values and labels for the rows of a data file",
  evaluate: "score a model on labelled data: per task, macro and micro",
  convert: "rewrite a data file in another format",
  inspect: "say what is in a data file or in a model file",
  report: "write a page of plots and tables from the histories of runs",
  generate: "write synthetic federated data with a known cluster structure",
} as const;

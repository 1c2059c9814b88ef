// The entry for `import`: hands on the one CommonJS build, so that a process that uses both `import` and
// `require` has one class of each name.
export * from "./index.js";

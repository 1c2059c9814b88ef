// The entry for `import` of fedmtl/reference: hands on the one CommonJS build (see ../index.mts).
export * from "./index.js";

#include "native/omega/registry.hpp"

#include <optional>
#include <utility>

#include "native/omega/precision_matrix.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

using Made = std::unique_ptr<Relationship>;

struct Family {
    const char* name;
    Made (*make)(std::size_t tasks, Regularization weights, const FamilyOptions& options);
};

constexpr Family kFamilies[] = {
    {"independent", [](auto tasks, auto weights, const auto&) { return makeIndependent(tasks, weights); }},
    {"mean", [](auto tasks, auto weights, const auto&) { return makeMean(tasks, weights); }},
    {"global", [](auto tasks, auto weights, const auto&) { return makeGlobal(tasks, weights); }},
    {"graph",
     [](auto tasks, auto weights, const auto& options) {
         return makeGraph(tasks, weights,
                          {options.positions("from"), options.positions("to"), options.numbers("weights")});
     }},
    {"fixed-omega",
     [](auto tasks, auto weights, const auto& options) {
         return makeFixed(tasks, weights, FixedMatrix::Omega, options.numbers("matrix"));
     }},
    {"fixed-sigma",
     [](auto tasks, auto weights, const auto& options) {
         return makeFixed(tasks, weights, FixedMatrix::Sigma, options.numbers("matrix"));
     }},
    {"trace-norm",
     [](auto tasks, auto weights, const auto& options) {
         return makeTraceNorm(tasks, weights,
                              {.epsilon = options.find("epsilon"),
                               .sinkingSteps = traceNormSinkingSteps(options.number("omegaSteps")),
                               .cutTolerance = options.number("cutTolerance")});
     }},
    {"clustered",
     [](auto tasks, auto weights, const auto& options) {
         return makeClustered(tasks, weights, {.k = options.whole("k"), .eta = options.number("eta")});
     }},
    {"sparse-precision",
     [](auto tasks, auto weights, const auto& options) {
         std::optional<PrecisionMatrix> start;
         if (options.has("diagonal")) {
             start = {options.numbers("diagonal"), options.positions("from"), options.positions("to"),
                      options.numbers("values")};
         }
         return makeSparsePrecision(tasks, weights, options.number("rho"), std::move(start));
     }},
};

}  // namespace

Made makeRelationship(const std::string& family, std::size_t tasks, Regularization weights,
                      const FamilyOptions& options) {
    for (const Family& known : kFamilies) {
        if (family == known.name) {
            return known.make(tasks, weights, options);
        }
    }
    throw Error(ErrorCode::InvalidArgument, "relationship \"" + family + "\" is not known");
}

}  // namespace fedmtl

// Fixed work for counting instructions (scripts/instructions.cjs): under callgrind with --instr-atstart=no,
// only the rounds and their certificates are counted, not the making of the problem.
//     counted NAME    NAME: dense-561, dense-9, sparse-60
#include <valgrind/callgrind.h>

#include <cstdio>
#include <map>
#include <string>

#include "bench/native/problems.hpp"
#include "native/blas.hpp"
#include "native/session.hpp"

namespace fedmtl {
namespace {

using bench::Shape;

struct Work {
    Shape shape;
    LossKind loss;
    std::uint64_t rounds;
};

const std::map<std::string, Work> kWorks{
    {"dense-561", {{"dense-561", 4, 100, 561, 561}, LossKind::SmoothedHinge, 20}},
    {"dense-9", {{"dense-9", 30, 400, 9, 9}, LossKind::Hinge, 20}},
    {"sparse-60", {{"sparse-60", 4, 500, 5000, 60}, LossKind::Logistic, 20}},
};

/// Rounds with a learned relationship's kernel after one Omega step, so that tasks are coupled; policy
/// accelerated.
int run(const Work& work) {
    const auto tasks = bench::makeTasks(work.shape, true);
    ClientPool pool(tasks,
                    SolverSpec{.loss = {.kind = work.loss},
                               .weighting = Weighting::Mean,
                               .momentum = true,
                               .shrinking = true,
                               .kernels = kernels()},
                    1);
    Server server(tasks->taskCount(), tasks->cols(),
                  makeTraceNorm(tasks->taskCount(), {.lambda1 = 1e-2}, {.epsilon = 1e-6}),
                  Policy::Accelerated, pool.threads(), pool.lend());
    const std::vector<double> steps(tasks->taskCount(), static_cast<double>(work.shape.rowsPerTask));
    const std::atomic<bool> cancelled{false};
    RoundPlan plan{.maxRounds = work.rounds, .steps = steps, .certifyEvery = 5, .seconds = 1e9};
    CALLGRIND_START_INSTRUMENTATION;
    runRounds(pool, server, plan, cancelled);
    server.stepOmega(pool.threads(), cancelled);
    plan.firstRound = work.rounds + 1;
    const auto records = runRounds(pool, server, plan, cancelled);
    CALLGRIND_STOP_INSTRUMENTATION;
    std::printf("kernels %s, relative gap %.3e\n", kernels().name, records.back().certificate.relativeGap());
    return 0;
}

}  // namespace
}  // namespace fedmtl

int main(int argc, char** argv) {
    fedmtl::blas::useOneThread();
    const auto found = fedmtl::kWorks.find(argc == 2 ? argv[1] : "");
    if (found == fedmtl::kWorks.end()) {
        std::fprintf(stderr, "usage: counted dense-561 | dense-9 | sparse-60\n");
        return 2;
    }
    return fedmtl::run(found->second);
}

// How near a local epoch comes to the roofline: a bare stream of dot and axpy with the best kernels over the
// same rows in the same random order, alternating with it in one process, on one thread. The factor of the
// axpy is a multiple of the dot, as in every coordinate method; the stream prefetches or not, whichever is
// faster.
//     roofline [LOSS [PART]]    LOSS: squared (default: every step moves, as in the stream), hinge,
//     smoothed-hinge,
//                               logistic; PART: only shapes whose name contains it
// Times are CPU times of this process, medians of the pairs; `portable` is the ratio of an epoch at level
// "portable".
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "bench/native/problems.hpp"
#include "native/client_pool.hpp"
#include "native/kernels/rows.hpp"
#include "native/rng.hpp"

namespace fedmtl {
namespace {

using bench::makeTasks;
using bench::Shape;

constexpr int kPairs = 11;
constexpr double kElementsATime = 2e6;  // measured at once, a millisecond or more
constexpr std::uint64_t kWarmUpRounds = 3;

std::vector<Shape> shapes() {
    std::vector<Shape> all;
    for (const std::size_t d : {10u, 30u, 100u, 561u, 2000u}) {
        const std::string name = "d=" + std::to_string(d);
        const std::size_t inCache = 64000 / d;
        const std::size_t inMemory = 12000000 / d;
        all.push_back({name + " cache", 1, inCache, d, d});
        all.push_back({name + " memory", inMemory / 1000, 1000, d, d});
        all.push_back({name + " memory, one task", 1, inMemory, d, d});
    }
    for (const std::size_t rows : {600u, 20000u, 200000u}) {
        all.push_back({"60 of 50,000", 1, rows, 50000, 60});
    }
    all.push_back({"60 of 50,000, tasks", 20, 1000, 50000, 60});
    return all;
}

int repeats(const Shape& shape) { return std::max(1, static_cast<int>(kElementsATime / shape.elements())); }

/// Nanoseconds of CPU time an element that `work` takes.
template <class Work>
double measure(const Shape& shape, const Work& work) {
    const std::clock_t start = std::clock();
    for (int repeat = 0; repeat < repeats(shape); ++repeat) {
        work();
    }
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return 1e9 * seconds / repeats(shape) / shape.elements();
}

/// Local models by the clients of a pool, one epoch a round.
class Epochs {
  public:
    Epochs(const std::shared_ptr<const TaskSet>& tasks, const LossSpec& loss, const Kernels& level)
        : pool_(tasks, SolverSpec{.loss = loss, .kernels = level}, 1),
          S_(1.0 / static_cast<double>(tasks->cols())),
          W_(tasks->taskCount() * tasks->cols()) {
        while (round_ <= kWarmUpRounds) {
            run(true);
        }
    }

    /// One round. One that is not kept leaves the state for the next, which draws another order.
    void run(bool keep) {
        const std::size_t d = pool_.tasks().cols();
        for (std::size_t t = 0; t < pool_.tasks().taskCount(); ++t) {
            Client client = pool_.client(t);
            const std::span<double> w = std::span(W_).subspan(t * d, d);
            const RoundRequest request{
                .round = round_, .w = w, .S = S_, .steps = pool_.rowCount(t), .decision = {}};
            client.propose(request, workspace_, cancelled_);
            if (keep) {
                client.decide({.round = round_});
                std::ranges::transform(client.v(), w.begin(), [&](double v) { return S_ * v; });
            } else {
                client.withdraw();
            }
        }
        ++round_;
    }

  private:
    ClientPool pool_;
    ClientWorkspace workspace_;
    std::atomic<bool> cancelled_{false};
    double S_;
    std::vector<double> W_;
    std::uint64_t round_ = 1;
};

/// Visits every task's rows in a random order.
std::vector<std::uint32_t> randomOrder(const Shape& shape, std::uint64_t seed) {
    std::vector<std::uint32_t> order(shape.rows());
    std::iota(order.begin(), order.end(), 0u);
    RandomStream stream(seed, 0, 1);
    for (std::size_t t = 0; t < shape.tasks; ++t) {
        stream.shuffle(std::span(order).subspan(t * shape.rowsPerTask, shape.rowsPerTask), shape.rowsPerTask);
    }
    return order;
}

/// @param ahead rows from asking for a row to its turn; 0: does not ask
template <class Rows>
void stream(const Rows& rows, std::span<const std::uint32_t> order, std::size_t ahead, double* u) {
    const Kernels& k = kernels();
    for (std::size_t place = 0; place < order.size(); ++place) {
        if (ahead > 0 && place + ahead < order.size()) {
            prefetchRow(rows, order[place + ahead]);
        }
        const double z = dotRow(k, rows, order[place], u);
        axpyRow(k, -1e-4 * z, rows, order[place], u);
    }
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void compare(const Shape& shape, const LossSpec& loss) {
    const auto tasks = makeTasks(shape, isClassification(loss));
    Epochs best(tasks, loss, kernels());
    Epochs portable(tasks, loss, kPortableKernels);
    AlignedVector<double> u(shape.cols, 0.1);
    std::map<std::string, std::vector<double>> times;
    for (int pair = 0; pair < kPairs; ++pair) {
        const auto order = randomOrder(shape, static_cast<std::uint64_t>(pair));
        const double epoch = measure(shape, [&] { best.run(false); });
        const double bare = std::visit(
            [&](const auto& rows) {
                const std::size_t ahead = prefetchDistance(rows, 0, shape.rows());
                return std::min(measure(shape, [&] { stream(rows, order, ahead, u.data()); }),
                                measure(shape, [&] { stream(rows, order, 0, u.data()); }));
            },
            tasks->features());
        times["epoch"].push_back(epoch);
        times["stream"].push_back(bare);
        times["ratio"].push_back(bare / epoch);
        times["portable"].push_back(bare / measure(shape, [&] { portable.run(false); }));
    }
    std::printf("%-26s %7zu %6zu %8.2f %8.3f %8.3f %7.2f %9.2f\n", shape.name.c_str(), shape.rowsPerTask,
                shape.cols, shape.bytes() / 1e6, median(times["epoch"]), median(times["stream"]),
                median(times["ratio"]), median(times["portable"]));
    std::fflush(stdout);
}

}  // namespace
}  // namespace fedmtl

int main(int argc, char** argv) {
    const std::map<std::string, fedmtl::LossKind> losses{{"squared", fedmtl::LossKind::Squared},
                                                         {"hinge", fedmtl::LossKind::Hinge},
                                                         {"smoothed-hinge", fedmtl::LossKind::SmoothedHinge},
                                                         {"logistic", fedmtl::LossKind::Logistic}};
    const std::string loss = argc > 1 ? argv[1] : "squared";
    const std::string part = argc > 2 ? argv[2] : "";
    if (!losses.contains(loss)) {
        std::fprintf(stderr, "unknown loss %s\n", loss.c_str());
        return 2;
    }
    std::printf("loss %s, kernels %s\n", loss.c_str(), fedmtl::kernels().name);
    std::printf("%-26s %7s %6s %8s %8s %8s %7s %9s\n", "", "rows a", "", "", "ns/elem.", "ns/elem.", "",
                "ratio of");
    std::printf("%-26s %7s %6s %8s %8s %8s %7s %9s\n", "rows", "task", "d", "MB", "epoch", "stream", "ratio",
                "portable");
    for (const fedmtl::Shape& shape : fedmtl::shapes()) {
        if (shape.name.find(part) != std::string::npos) {
            fedmtl::compare(shape, {.kind = losses.at(loss)});
        }
    }
}

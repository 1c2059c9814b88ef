#include "native/client_pool.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "native/kernels/rows.hpp"
#include "native/rng.hpp"

namespace fedmtl {
namespace {

// Stored features a batch should hold at least: about 10 microseconds of work, against 0.1 for taking a
// batch.
constexpr std::size_t kBatchFeatures = 16384;

std::size_t storedFeatures(const RowsView& view, std::size_t begin, std::size_t end) {
    return std::visit(
        [&](const auto& rows) {
            std::size_t sum = 0;
            for (std::size_t i = begin; i < end; ++i) {
                sum += rowSize(rows, i);
            }
            return sum;
        },
        view);
}

template <class T>
std::size_t valueBytes(const DenseRows<T>&) {
    return sizeof(T);
}

template <class T>
std::size_t valueBytes(const CsrRows<T>&) {
    return 0;
}

/// Of a feature of dense rows; 0 where rows are sparse.
std::size_t denseValueBytes(const RowsView& view) {
    return std::visit([](const auto& rows) { return valueBytes(rows); }, view);
}

}  // namespace

ClientPool::ClientPool(std::shared_ptr<const TaskSet> tasks, const SolverSpec& spec, std::size_t threads,
                       const ClientPool* like)
    : tasks_(std::move(tasks)),
      spec_(spec),
      threads_(threads),
      workspaces_(threads_.size()),
      terms_(tasks_->rowCount()),
      alpha_(tasks_->rowCount()),
      proposedAlpha_(tasks_->rowCount()),
      previousAlpha_(spec.momentum ? alpha_.size() : 0),
      naps_(spec.shrinking && !spec.freeIntercept ? alpha_.size() : 0),
      proposedNaps_(naps_.size()),
      vectors_(std::make_shared<TaskVectors>(tasks_->taskCount(), tasks_->cols(), spec.momentum)),
      intercepts_(tasks_->taskCount()),
      restarts_(tasks_->taskCount()),
      proposals_(tasks_->taskCount()),
      pendingRounds_(tasks_->taskCount()) {
    measureRows(like);
    weighRows();
    weighTasks();
    planBatches();
    planGrams();
}

void ClientPool::measureRows(const ClientPool* like) {
    const bool measured = like != nullptr && like->tasks_ == tasks_;
    // Signs once and for all: comparing labels step by step would be a branch that cannot be predicted.
    const bool classes = isClassification(spec_.loss);
    const auto labels = tasks_->labels();
    const auto offsets = tasks_->offsets();
    std::visit(
        [&](const auto& rows) {
            forTasks(tasks_->taskCount(), threads_, [&](std::size_t t) {
                for (auto i = static_cast<std::size_t>(offsets[t]);
                     i < static_cast<std::size_t>(offsets[t + 1]); ++i) {
                    const double sign = labels[i] == spec_.positiveLabel ? 1.0 : -1.0;
                    const double square =
                        measured ? like->terms_[i].squaredNorm : squaredNorm(spec_.kernels, rows, i);
                    terms_[i] = {classes ? sign : labels[i], square};
                }
            });
        },
        tasks_->features());
    const auto tooLarge = std::ranges::find_if_not(
        terms_, [](const RowTerms& terms) { return std::isfinite(terms.squaredNorm); });
    if (tooLarge != terms_.end()) {
        const std::int64_t row = tooLarge - terms_.begin();
        const auto next = std::ranges::upper_bound(offsets, row);
        const auto task = static_cast<std::size_t>(next - offsets.begin() - 1);
        throw Error(ErrorCode::InvalidArgument,
                    "the " + std::to_string(row - offsets[task] + 1) + ". row of task \"" +
                        std::string(tasks_->names()[task]) +
                        "\" has features too large to square; standardise or rescale them");
    }
}

/// Class weights become sample weights of this pool's own.
void ClientPool::weighRows() {
    if (spec_.positiveWeight == 1.0 && spec_.negativeWeight == 1.0) {
        return;
    }
    const auto labels = tasks_->labels();
    const auto given = tasks_->sampleWeights();
    rowWeights_.resize(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double weight = labels[i] == spec_.positiveLabel ? spec_.positiveWeight : spec_.negativeWeight;
        rowWeights_[i] = given.empty() ? weight : weight * given[i];
    }
}

std::span<const double> ClientPool::sampleWeights() const {
    return rowWeights_.empty() ? tasks_->sampleWeights() : std::span(rowWeights_);
}

void ClientPool::weighTasks() {
    const std::size_t m = tasks_->taskCount();
    const auto offsets = tasks_->offsets();
    const auto weights = sampleWeights();
    const auto names = tasks_->names();
    taskWeights_.assign(m, 1.0);
    nameHashes_.resize(m);
    for (std::size_t t = 0; t < m; ++t) {
        nameHashes_[t] = hashName(names[t]);
        if (spec_.weighting == Weighting::Mean) {
            const auto begin = static_cast<std::size_t>(offsets[t]);
            const auto end = static_cast<std::size_t>(offsets[t + 1]);
            const double total = weights.empty() ? static_cast<double>(end - begin)
                                                 : std::accumulate(weights.begin() + offsets[t],
                                                                   weights.begin() + offsets[t + 1], 0.0);
            if (total == 0.0) {
                throw Error(
                    ErrorCode::InvalidArgument,
                    "all sample weights of task \"" + std::string(names[t]) +
                        "\" are 0, so its mean loss is undefined; remove the task or use weighting \"sum\"");
            }
            taskWeights_[t] = 1.0 / total;
            if (!std::isfinite(taskWeights_[t])) {
                throw Error(ErrorCode::InvalidArgument, "the sample weights of task \"" +
                                                            std::string(names[t]) +
                                                            "\" are too small to divide by; scale them up");
            }
        }
    }
}

void ClientPool::planBatches() {
    const std::size_t m = tasks_->taskCount();
    const auto offsets = tasks_->offsets();
    const RowsView view = tasks_->features();
    std::vector<std::size_t> work(m);
    for (std::size_t t = 0; t < m; ++t) {
        work[t] = storedFeatures(view, static_cast<std::size_t>(offsets[t]),
                                 static_cast<std::size_t>(offsets[t + 1]));
    }
    largestFirst_.resize(m);
    std::iota(largestFirst_.begin(), largestFirst_.end(), 0u);
    std::ranges::stable_sort(largestFirst_, std::ranges::greater{}, [&](std::uint32_t t) { return work[t]; });
    std::size_t inBatch = kBatchFeatures;
    for (std::size_t position = 0; position < m; ++position) {
        if (inBatch >= kBatchFeatures) {
            batchStarts_.push_back(position);
            inBatch = 0;
        }
        inBatch += work[largestFirst_[position]];
    }
    batchStarts_.push_back(m);
}

/// Where steps go by G; made by the rounds, in their threads.
void ClientPool::planGrams() {
    if (spec_.gram == GramMode::Off || spec_.freeIntercept ||
        (spec_.gram == GramMode::Auto && spec_.localEpochs <= 1.0)) {
        return;
    }
    const std::size_t bytesPerValue = denseValueBytes(tasks_->features());
    for (std::size_t t = 0; t < tasks_->taskCount(); ++t) {
        const GramShape shape{spec_.localEpochs, rowCount(t), tasks_->cols(), bytesPerValue};
        if (spec_.gram == GramMode::On || (bytesPerValue > 0 && gramWins(shape))) {
            grams_.resize(tasks_->taskCount());
            grams_[t] = std::make_unique<Gram>();
            gramBytes_ += Gram::bytesFor(shape.rows);
        }
    }
}

Client ClientPool::client(std::size_t task) {
    const std::size_t first = static_cast<std::size_t>(tasks_->offsets()[task]);
    const std::size_t count = rowCount(task);
    const std::size_t cols = tasks_->cols();
    const auto weights = sampleWeights();
    const auto rowsOf = [&](auto& all) {
        return all.empty() ? std::span(all) : std::span(all).subspan(first, count);
    };
    const auto columnOf = [&](auto& all) {
        return all.empty() ? std::span(all) : std::span(all).subspan(task * cols, cols);
    };
    const ClientData data{.rows = tasks_->features(),
                          .first = first,
                          .count = count,
                          .cols = cols,
                          .sampleWeights = weights.empty() ? weights : weights.subspan(first, count),
                          .terms = rowsOf(terms_),
                          .taskWeight = taskWeights_[task],
                          .nameHash = nameHashes_[task],
                          .gram = grams_.empty() ? nullptr : grams_[task].get()};
    const ClientState state{.alpha = rowsOf(alpha_),
                            .proposedAlpha = rowsOf(proposedAlpha_),
                            .v = columnOf(vectors_->v),
                            .proposedV = columnOf(vectors_->proposed),
                            .serverMovesV = lent_,
                            .previousAlpha = rowsOf(previousAlpha_),
                            .previousV = columnOf(vectors_->previous),
                            .naps = rowsOf(naps_),
                            .proposedNaps = rowsOf(proposedNaps_),
                            .intercept = intercepts_[task],
                            .restarts = restarts_[task],
                            .proposals = proposals_[task],
                            .pendingRound = pendingRounds_[task]};
    return Client(spec_, data, state);
}

std::size_t ClientPool::rowCount(std::size_t task) const {
    return static_cast<std::size_t>(tasks_->offsets()[task + 1] - tasks_->offsets()[task]);
}

void ClientPool::forEachTask(const std::function<void(std::size_t, ClientWorkspace&)>& body) {
    threads_.parallelFor(batchStarts_.size() - 1, [&](std::size_t batch, std::size_t worker) {
        for (std::size_t position = batchStarts_[batch]; position < batchStarts_[batch + 1]; ++position) {
            body(largestFirst_[position], workspaces_[worker]);
        }
    });
}

WorkDone ClientPool::takeWorkDone() {
    WorkDone sum;
    for (ClientWorkspace& workspace : workspaces_) {
        const WorkDone done = std::exchange(workspace.done, {});
        sum.participants += done.participants;
        sum.steps += done.steps;
        sum.flops += done.flops;
    }
    return sum;
}

std::shared_ptr<TaskVectors> ClientPool::lend() {
    if (lent_) {
        throw Error(ErrorCode::InvalidArgument, "these clients work with another server already");
    }
    lent_ = true;
    return vectors_;
}

void ClientPool::save(StateWriter& state) const {
    state.write("clients.alpha", alpha_);
    state.write("clients.previousAlpha", previousAlpha_);
    if (!lent_) {  // else the server writes them
        state.write("clients.v", vectors_->v);
        state.write("clients.previousV", vectors_->previous);
    }
    state.write("clients.intercepts", intercepts_);
    state.writeWhole("clients.naps", std::span<const RowNap>(naps_));
    state.writeWhole("clients.restarts", std::span(restarts_));
    state.writeWhole("clients.proposals", std::span(proposals_));
}

void ClientPool::restore(const StateReader& state) {
    state.readInto("clients.alpha", alpha_);
    state.readInto("clients.previousAlpha", previousAlpha_);
    if (!lent_) {
        state.readInto("clients.v", vectors_->v);
        state.readInto("clients.previousV", vectors_->previous);
    }
    state.readInto("clients.intercepts", intercepts_);
    state.readWhole("clients.naps", std::span(naps_));
    state.readWhole("clients.restarts", std::span(restarts_));
    state.readWhole("clients.proposals", std::span(proposals_));
    std::ranges::fill(pendingRounds_, 0);
}

std::size_t ClientPool::bytes() const {
    const std::size_t eightBytes = 2 * terms_.size() + rowWeights_.size() + alpha_.size() +
                                   proposedAlpha_.size() + previousAlpha_.size() + taskWeights_.size() +
                                   nameHashes_.size() + intercepts_.size() + restarts_.size() +
                                   pendingRounds_.size() + batchStarts_.size();
    const std::size_t fourBytes = largestFirst_.size() + proposals_.size();
    return 8 * eightBytes + 4 * fourBytes + naps_.size() + proposedNaps_.size() + vectors_->bytes() +
           gramBytes_;
}

}  // namespace fedmtl

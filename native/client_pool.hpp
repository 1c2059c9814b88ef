// All clients of one process: their data (shared), their dual variables and the threads that run them.
#pragma once

#include <memory>
#include <vector>

#include "native/client.hpp"
#include "native/state.hpp"
#include "native/task_vectors.hpp"
#include "native/thread_pool.hpp"

namespace fedmtl {

class ClientPool {
  public:
    /// alpha = 0, v = 0. `threads`: 0 takes one a processor. Throws InvalidArgument if a row's squared norm
    /// or a task's weight is not finite, or weighting "mean" meets a task whose sample weights are all zero.
    /// `like`: a pool of the same task set, with which this one shares what it has measured.
    ClientPool(std::shared_ptr<const TaskSet> tasks, const SolverSpec& spec, std::size_t threads,
               const ClientPool* like = nullptr);

    const TaskSet& tasks() const { return *tasks_; }
    const SolverSpec& spec() const { return spec_; }
    ThreadPool& threads() { return threads_; }
    Client client(std::size_t task);
    std::size_t rowCount(std::size_t task) const;

    /// Calls body(task, workspace) once for every task, in parallel, largest tasks first.
    void forEachTask(const std::function<void(std::size_t, ClientWorkspace&)>& body);

    /// What clients did since the last call, all threads together; the caller of forEachTask counts it in
    /// the workspaces.
    WorkDone takeWorkDone();

    /// The vectors of all clients, for a server in this process: from now on it alone moves them, and this
    /// pool works with no other. Before the first round, once.
    std::shared_ptr<TaskVectors> lend();
    /// Whether this is the server that the vectors were lent to, or they were lent to none.
    bool mayServe(const std::shared_ptr<TaskVectors>& vectors) const { return !lent_ || vectors == vectors_; }

    std::span<const double> alpha() const { return alpha_; }
    std::span<const double> intercepts() const { return intercepts_; }  // m, of the last evaluation
    std::size_t bytes() const;

    /// alpha, v and what momentum needs, between rounds: no proposal may wait for its decision.
    void save(StateWriter& state) const;
    /// Into a pool made with the same data and spec.
    void restore(const StateReader& state);

  private:
    void measureRows(const ClientPool* like);
    void weighRows();
    void weighTasks();
    void planBatches();
    void planGrams();
    std::span<const double> sampleWeights() const;

    std::shared_ptr<const TaskSet> tasks_;

    SolverSpec spec_;
    ThreadPool threads_;
    std::vector<ClientWorkspace> workspaces_;  // one a thread
    std::vector<std::uint32_t> largestFirst_;  // task indices by falling work
    std::vector<std::size_t> batchStarts_;     // into largestFirst_; a batch is what a thread takes at a time
    std::vector<double> taskWeights_;          // m, c_t
    std::vector<std::uint64_t> nameHashes_;    // m
    std::vector<double> rowWeights_;           // n, or empty: the sample weights of the tasks
    std::vector<RowTerms> terms_;              // n
    std::vector<std::unique_ptr<Gram>>
        grams_;                          // m, null where steps go by features; empty if they do everywhere
    std::size_t gramBytes_ = 0;          // once all are built
    std::vector<double> alpha_;          // n
    std::vector<double> proposedAlpha_;  // n
    std::vector<double> previousAlpha_;  // n, with momentum
    std::vector<RowNap> naps_;           // n, with shrinking
    std::vector<RowNap> proposedNaps_;   // n, with shrinking
    std::shared_ptr<TaskVectors> vectors_;
    bool lent_ = false;
    std::vector<double> intercepts_;            // m
    std::vector<std::uint64_t> restarts_;       // m
    std::vector<std::uint32_t> proposals_;      // m
    std::vector<std::uint64_t> pendingRounds_;  // m
};

}  // namespace fedmtl

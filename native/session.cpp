#include "native/session.hpp"

#include <chrono>
#include <numeric>

namespace fedmtl {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The round counts as never begun.
void withdraw(ClientPool& pool, Server& server) {
    for (std::size_t t = 0; t < server.tasks(); ++t) {
        if (server.hasAnswered(t)) {
            pool.client(t).withdraw();
        }
    }
    server.forgetAnswers();
    pool.takeWorkDone();
}

void note(TaskWork* work, std::size_t task, const Proposal& proposal) {
    if (work != nullptr) {
        work->steps[task] = static_cast<double>(proposal.steps);
        work->flops[task] = static_cast<double>(proposal.flops);
        work->theta[task] = proposal.theta;
    }
}

/// One exchange: requests out, proposals in. False if it was cancelled on the way.
bool exchange(ClientPool& pool, Server& server, const RoundPlan& plan, RoundRecord& record,
              const std::atomic<bool>& cancelled, TaskWork* work) {
    pool.forEachTask([&](std::size_t t, ClientWorkspace& workspace) {
        note(work, t, Proposal{});
        const auto steps = static_cast<std::uint64_t>(plan.steps[t]);
        if (steps == 0 || cancelled.load(std::memory_order_relaxed)) {
            return;
        }
        RoundRequest request = server.request(t, record.round, steps, workspace.message);
        request.wantTheta = plan.wantTheta;
        Client client = pool.client(t);
        client.decide(request.decision);
        const Proposal proposal = client.propose(request, workspace, cancelled);
        if (proposal.steps > 0) {
            server.receive(t, proposal);
            note(work, t, proposal);
            ++workspace.done.participants;
            workspace.done.steps += proposal.steps;
            workspace.done.flops += proposal.flops;
        }
    });
    if (cancelled.load(std::memory_order_relaxed)) {
        withdraw(pool, server);
        return false;
    }
    const WorkDone done = pool.takeWorkDone();
    record.participants = done.participants;
    record.steps = done.steps;
    record.flops = done.flops;
    return true;
}

bool shouldStop(const RoundPlan& plan, std::uint64_t roundOfWStep, const Certificate& certificate) {
    // The first W step has nothing to come down to, and its joint objective may not be known yet (NaN).
    const bool lowEnough = plan.stopObjective == std::numeric_limits<double>::infinity() ||
                           certificate.jointObjective <= plan.stopObjective;
    return certificate.relativeGap() <= plan.stopRelativeGap || certificate.gap <= plan.stopGap ||
           (roundOfWStep >= plan.certifyAlwaysFrom && lowEnough);
}

/// The factor c in [0, 1] that maximises the dual at c alpha, which is concave in c, by golden sections.
double bestFactor(ClientPool& pool, const Server& server) {
    std::vector<double> sums(server.tasks());
    const auto dual = [&](double factor) {
        pool.forEachTask(
            [&](std::size_t t, ClientWorkspace&) { sums[t] = pool.client(t).conjugateSumAt(factor); });
        return -std::accumulate(sums.begin(), sums.end(), 0.0) - 0.5 * factor * factor * server.quadratic();
    };
    constexpr double kGolden = 0.6180339887498949;
    constexpr int kSections = 40;
    double low = 0.0;
    double high = 1.0;
    for (int section = 0; section < kSections; ++section) {
        const double left = high - kGolden * (high - low);
        const double right = low + kGolden * (high - low);
        (dual(left) < dual(right) ? low : high) = dual(left) < dual(right) ? left : right;
    }
    return dual(1.0) >= dual(low) ? 1.0 : low;
}

}  // namespace

std::vector<RoundRecord> runRounds(ClientPool& pool, Server& server, const RoundPlan& plan,
                                   const std::atomic<bool>& cancelled, TaskWork* work) {
    const auto callStart = Clock::now();
    std::vector<RoundRecord> records;
    for (std::uint64_t done = 1; done <= plan.maxRounds; ++done) {
        const auto start = Clock::now();
        const std::uint64_t roundOfWStep = plan.roundOfWStep + done;
        RoundRecord record;
        record.round = plan.firstRound + done - 1;
        if (!exchange(pool, server, plan, record, cancelled, work)) {
            break;
        }
        const RoundEnd end = server.close(pool.threads());
        record.gamma = end.gamma;
        record.restarted = end.restarted;
        if (roundOfWStep % plan.certifyEvery == 0 || roundOfWStep >= plan.certifyAlwaysFrom ||
            roundOfWStep == plan.lastRound) {
            record.certified = true;
            record.certificate = certifyNow(pool, server);
            record.stop = shouldStop(plan, roundOfWStep, record.certificate);
        }
        record.seconds = secondsSince(start);
        records.push_back(record);
        if (record.stop || secondsSince(callStart) >= plan.seconds) {
            break;
        }
    }
    return records;
}

Certificate certifyNow(ClientPool& pool, const Server& server) {
    std::vector<Objective> objectives(server.tasks());
    pool.forEachTask([&](std::size_t t, ClientWorkspace& workspace) {
        Client client = pool.client(t);
        client.decide(server.decision(t));
        objectives[t] = client.evaluate(server.w(t, workspace.message), workspace);
    });
    return server.certify(objectives, pool.threads());
}

Certificate certifyFromAlpha(ClientPool& pool, Server& server) {
    pool.forEachTask([&](std::size_t t, ClientWorkspace&) {
        Client client = pool.client(t);
        client.decide(server.decision(t));
        client.refreshV();
        server.replaceV(t, client.v());
    });
    server.recomputeW(pool.threads());
    return certifyNow(pool, server);
}

void startFrom(ClientPool& pool, Server& server, std::span<const double> scores) {
    const auto offsets = pool.tasks().offsets();
    pool.forEachTask([&](std::size_t t, ClientWorkspace&) {
        pool.client(t).startAt(scores.subspan(static_cast<std::size_t>(offsets[t]), pool.rowCount(t)));
        server.replaceV(t, pool.client(t).v());
    });
    server.recomputeW(pool.threads());
    const double factor = bestFactor(pool, server);
    pool.forEachTask([&](std::size_t t, ClientWorkspace&) {
        pool.client(t).rescale(factor);
        server.replaceV(t, pool.client(t).v());
    });
    server.startFromV(pool.threads());
}

void saveState(ClientPool& pool, const Server& server, StateWriter& state) {
    pool.forEachTask([&](std::size_t t, ClientWorkspace&) { pool.client(t).decide(server.decision(t)); });
    pool.save(state);
    server.save(state);
}

void restoreState(ClientPool& pool, Server& server, const StateReader& state) {
    pool.restore(state);
    server.restore(state, pool.threads());
}

}  // namespace fedmtl

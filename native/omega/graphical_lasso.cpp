#include "native/omega/graphical_lasso.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/omega/proximal_newton.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

using Members = std::vector<std::size_t>;  // tasks of a component, ascending

/// The connected components of the graph that joins s and t where |S_st| > rho, in the order of their first
/// tasks.
std::vector<Members> componentsOf(std::size_t m, std::span<const double> S, double rho) {
    std::vector<Members> components;
    std::vector<bool> seen(m);
    for (std::size_t first = 0; first < m; ++first) {
        if (seen[first]) {
            continue;
        }
        seen[first] = true;
        Members members{first};
        for (std::size_t next = 0; next < members.size(); ++next) {
            for (std::size_t t = 0; t < m; ++t) {
                if (!seen[t] && std::abs(S[members[next] * m + t]) > rho) {
                    seen[t] = true;
                    members.push_back(t);
                }
            }
        }
        std::ranges::sort(members);
        components.push_back(std::move(members));
    }
    return components;
}

/// For each task its component and its place there.
struct Places {
    std::vector<std::size_t> component;
    std::vector<std::size_t> place;
};

Places placesOf(std::size_t m, const std::vector<Members>& components) {
    Places places{std::vector<std::size_t>(m), std::vector<std::size_t>(m)};
    for (std::size_t c = 0; c < components.size(); ++c) {
        for (std::size_t i = 0; i < components[c].size(); ++i) {
            places.component[components[c][i]] = c;
            places.place[components[c][i]] = i;
        }
    }
    return places;
}

/// Scaled by d_t = 1 / sqrt(S_tt + rho): Sigma gets a diagonal of ones, and Omega is d_s d_t X_st.
LassoComponent scaledComponent(const Members& members, std::size_t m, std::span<const double> S, double rho,
                               const std::vector<double>& d) {
    LassoComponent component{.p = members.size(),
                             .S = std::vector<double>(members.size() * members.size()),
                             .r = std::vector<double>(members.size())};
    for (std::size_t i = 0; i < component.p; ++i) {
        component.r[i] = std::sqrt(rho) * d[members[i]];
        for (std::size_t j = 0; j < component.p; ++j) {
            component.S[i * component.p + j] = S[members[i] * m + members[j]] * d[members[i]] * d[members[j]];
        }
    }
    return component;
}

/// The starting matrix of each component: its part of `start`, scaled, or I.
std::vector<std::vector<double>> startsOf(const std::vector<Members>& components, const Places& places,
                                          const PrecisionMatrix* start, const std::vector<double>& d) {
    std::vector<std::vector<double>> starts;
    for (const Members& members : components) {
        std::vector<double>& X = starts.emplace_back(members.size() * members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            const double scale = d[members[i]] * d[members[i]];
            X[i * members.size() + i] = start == nullptr ? 1.0 : start->diagonal[members[i]] / scale;
        }
    }
    for (std::size_t e = 0; start != nullptr && e < start->values.size(); ++e) {
        const auto s = static_cast<std::size_t>(start->from[e]);
        const auto t = static_cast<std::size_t>(start->to[e]);
        if (places.component[s] == places.component[t]) {
            const std::size_t c = places.component[s];
            const std::size_t p = components[c].size();
            const double x = start->values[e] / (d[s] * d[t]);
            starts[c][places.place[s] * p + places.place[t]] = x;
            starts[c][places.place[t] * p + places.place[s]] = x;
        }
    }
    return starts;
}

PrecisionMatrix assembled(const std::vector<Members>& components, const Places& places,
                          const std::vector<LassoSolution>& solutions, const std::vector<double>& d) {
    const std::size_t m = d.size();
    PrecisionMatrix omega{.diagonal = std::vector<double>(m), .from = {}, .to = {}, .values = {}};
    for (std::size_t s = 0; s < m; ++s) {
        const Members& members = components[places.component[s]];
        const double* row = &solutions[places.component[s]].X[places.place[s] * members.size()];
        omega.diagonal[s] = d[s] * d[s] * row[places.place[s]];
        for (std::size_t j = places.place[s] + 1; j < members.size(); ++j) {
            if (row[j] != 0.0) {
                omega.from.push_back(static_cast<std::int32_t>(s));
                omega.to.push_back(static_cast<std::int32_t>(members[j]));
                omega.values.push_back(d[s] * d[members[j]] * row[j]);
            }
        }
    }
    return omega;
}

}  // namespace

GraphicalLasso graphicalLasso(std::size_t m, std::span<const double> S, double rho, ThreadPool& threads,
                              const GraphicalLassoOptions& options) {
    std::vector<double> d(m);
    for (std::size_t t = 0; t < m; ++t) {
        const double variance = S[t * m + t] + rho;
        if (!(variance > 0.0) || !std::isfinite(variance)) {
            throw Error(ErrorCode::Numerical,
                        "the mean square coefficient of a task's model is not a finite number, or 0 beside a "
                        "rho of 0; look for extremely large feature values and standardise them");
        }
        d[t] = 1.0 / std::sqrt(variance);
    }
    const double joinAbove = options.screening == Screening::On ? rho : -1.0;
    const std::vector<Members> components = componentsOf(m, S, joinAbove);
    const Places places = placesOf(m, components);
    std::vector<std::vector<double>> starts = startsOf(components, places, options.start, d);
    std::vector<LassoSolution> solutions(components.size());
    GraphicalLasso result;
    for (std::size_t c = 0; c < components.size(); ++c) {
        solutions[c] = solveComponent(
            scaledComponent(components[c], m, S, rho, d), std::move(starts[c]),
            {.threads = threads, .mostSteps = options.mostSteps, .cancelled = options.cancelled});
        result.residual = std::max(result.residual, solutions[c].residual);
        result.finished = result.finished && solutions[c].finished;
        result.objective += solutions[c].objective;
        result.newtonSteps += solutions[c].steps;
    }
    for (const double scale : d) {
        result.objective -= 2.0 * std::log(scale);
    }
    result.omega = assembled(components, places, solutions, d);
    result.components = components.size();
    return result;
}

}  // namespace fedmtl

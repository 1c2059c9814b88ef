// Safe scalings of the local subproblems: S_t = sigmaPrime_t K_tt with diag(S) - K positive semi-definite, so
// that tr(Delta-V K Delta-V') <= sum_t S_t ||Delta-v_t||^2 and every round may take the full step (math.md
// 4).
#pragma once

#include <vector>

#include "native/task_kernel.hpp"

namespace fedmtl {

enum class SigmaPrimeRule {
    Paper,     // one value: max_t sum_t' |K_tt'| / K_tt (Lemma 9 of the paper; the released code)
    Row,       // per task: sum_t' |K_tt'| / K_tt (diagonal dominance)
    Spectral,  // one value: lambda_max(diag(K)^-1/2 K diag(K)^-1/2)
};

/// m: S_t. A kernel of very many tasks gives its own safe S whatever the rule (scalingOfManyTasks).
std::vector<double> safeScaling(const TaskKernel& kernel, SigmaPrimeRule rule, ThreadPool& threads);

}  // namespace fedmtl

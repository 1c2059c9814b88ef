#include "native/blas.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "native/status.hpp"

extern "C" {
void dgemm_(const char* transA, const char* transB, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc);
void dgemv_(const char* trans, const int* m, const int* n, const double* alpha, const double* a,
            const int* lda, const double* x, const int* incx, const double* beta, double* y, const int* incy);
void dsyrk_(const char* uplo, const char* trans, const int* n, const int* k, const double* alpha,
            const double* a, const int* lda, const double* beta, double* c, const int* ldc);
void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info);
void dsyevr_(const char* jobz, const char* range, const char* uplo, const int* n, double* a, const int* lda,
             const double* vl, const double* vu, const int* il, const int* iu, const double* abstol, int* m,
             double* w, double* z, const int* ldz, int* isuppz, double* work, const int* lwork, int* iwork,
             const int* liwork, int* info);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dpotri_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void openblas_set_num_threads(int threads);
char* openblas_get_corename();
}

namespace fedmtl::blas {
namespace {

void requireConverged(int info, const char* routine) {
    if (info != 0) {
        throw Error(ErrorCode::Numerical,
                    std::string(routine) + " did not converge (info " + std::to_string(info) +
                        "); look for extremely large or small feature values and standardise them");
    }
}

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

/// Held during a call. OpenBLAS maps 128 MiB for each call under way, keeps them for later ones, and where
/// the system refuses them tries again for ever: when more calls are under way than ever before, a little
/// more is asked for beforehand.
class Workspace {
  public:
    Workspace() {
        const int calls = underWay.fetch_add(1) + 1;
        if (calls <= granted.load()) {
            return;
        }
        constexpr std::size_t kBytes = std::size_t{136} << 20;
        if (std::unique_ptr<void, Free>(std::malloc(kBytes)) == nullptr) {
            underWay.fetch_sub(1);
            throw Error(
                ErrorCode::OutOfMemory,
                "the system refuses the 128 MiB that OpenBLAS needs for each thread; allow the process more "
                "memory (ulimit -v), or use fewer threads");
        }
        int most = granted.load();
        while (most < calls && !granted.compare_exchange_weak(most, calls)) {
        }
    }
    ~Workspace() { underWay.fetch_sub(1); }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

  private:
    static inline std::atomic<int> underWay{0};
    static inline std::atomic<int> granted{0};
};

}  // namespace

void gemm(const Gemm& shape, double a, const double* A, std::size_t ldA, const double* B, std::size_t ldB,
          double beta, double* C, std::size_t ldC) {
    const Workspace workspace;
    const char transA = shape.transposeA == Transpose::Yes ? 'T' : 'N';
    const char transB = shape.transposeB == Transpose::Yes ? 'T' : 'N';
    const int m = static_cast<int>(shape.rows);
    const int n = static_cast<int>(shape.cols);
    const int k = static_cast<int>(shape.inner);
    const int lda = static_cast<int>(ldA);
    const int ldb = static_cast<int>(ldB);
    const int ldc = static_cast<int>(ldC);
    dgemm_(&transA, &transB, &m, &n, &k, &a, A, &lda, B, &ldb, &beta, C, &ldc);
}

void gram(std::size_t rows, std::size_t cols, const double* A, double* G) {
    const Workspace workspace;
    const int n = static_cast<int>(rows);
    const int k = static_cast<int>(cols);
    const double one = 1.0;
    const double zero = 0.0;
    dsyrk_("L", "N", &n, &k, &one, A, &n, &zero, G, &n);
}

void gemv(std::size_t rows, std::size_t cols, const double* A, const double* x, double* y) {
    const Workspace workspace;
    const int m = static_cast<int>(rows);
    const int n = static_cast<int>(cols);
    const int step = 1;
    const double one = 1.0;
    dgemv_("N", &m, &n, &one, A, &m, x, &step, &one, y, &step);
}

SymmetricEigen symmetricEigen(std::vector<double> matrix, std::size_t n) {
    const Workspace workspace;
    SymmetricEigen result{std::vector<double>(n), std::move(matrix)};
    const int size = static_cast<int>(n);
    int info = 0;
    int query = -1;
    double workSize = 0.0;
    int integerWorkSize = 0;
    dsyevd_("V", "L", &size, result.vectors.data(), &size, result.values.data(), &workSize, &query,
            &integerWorkSize, &query, &info);
    std::vector<double> work(static_cast<std::size_t>(workSize));
    std::vector<int> integerWork(static_cast<std::size_t>(integerWorkSize));
    const int workLength = static_cast<int>(work.size());
    dsyevd_("V", "L", &size, result.vectors.data(), &size, result.values.data(), work.data(), &workLength,
            integerWork.data(), &integerWorkSize, &info);
    requireConverged(info, "dsyevd");
    return result;
}

double largestEigenvalue(std::vector<double> matrix, std::size_t n) {
    const Workspace workspace;
    const int size = static_cast<int>(n);
    const double unused = 0.0;
    int found = 0;
    int info = 0;
    int query = -1;
    double workSize = 0.0;
    int integerWorkSize = 0;
    std::vector<double> values(n);
    std::vector<int> support(2 * n);
    double noVectors = 0.0;
    const int one = 1;
    const auto call = [&](double* work, const int* workLength, int* integerWork,
                          const int* integerWorkLength) {
        dsyevr_("N", "I", "L", &size, matrix.data(), &size, &unused, &unused, &size, &size, &unused, &found,
                values.data(), &noVectors, &one, support.data(), work, workLength, integerWork,
                integerWorkLength, &info);
    };
    call(&workSize, &query, &integerWorkSize, &query);
    std::vector<double> work(static_cast<std::size_t>(workSize));
    std::vector<int> integerWork(static_cast<std::size_t>(integerWorkSize));
    const int workLength = static_cast<int>(work.size());
    call(work.data(), &workLength, integerWork.data(), &integerWorkSize);
    requireConverged(info, "dsyevr");
    return values[0];
}

bool cholesky(std::vector<double>& A, std::size_t n) {
    const Workspace workspace;
    const int size = static_cast<int>(n);
    int info = 0;
    dpotrf_("L", &size, A.data(), &size, &info);
    return info == 0;
}

void invertCholesky(std::vector<double>& L, std::size_t n) {
    const Workspace workspace;
    const int size = static_cast<int>(n);
    int info = 0;
    dpotri_("L", &size, L.data(), &size, &info);
    requireConverged(info, "dpotri");
    for (std::size_t column = 0; column < n; ++column) {
        for (std::size_t row = column + 1; row < n; ++row) {
            L[row * n + column] = L[column * n + row];
        }
    }
}

std::string coreName() { return openblas_get_corename(); }

void useOneThread() { openblas_set_num_threads(1); }

}  // namespace fedmtl::blas

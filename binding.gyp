# The node-gyp route to the addon; CMakeLists.txt is the other. Both read native/sources.gypi.
{
  "includes": ["native/sources.gypi"],
  "target_defaults": {
    "include_dirs": ["."],
    "defines": ["NDEBUG"],
    "cflags!": ["-fno-omit-frame-pointer"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17"],
    "cflags_cc": [
      "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-ffp-contract=off",
      "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-fexceptions"
    ],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_ENABLE_CPP_RTTI": "YES",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off"]
    }
  },
  "targets": [
    {
      "target_name": "fedmtl_core",
      "type": "static_library",
      "sources": ["<@(core)"],
      # Nothing of Eigen under another licence than the MPL; no warnings about its headers.
      "defines": ["EIGEN_MPL2_ONLY"],
      "cflags_cc": ["<!@((pkg-config --cflags eigen3 2>/dev/null || echo -I/usr/include/eigen3) | sed 's/-I/-isystem/g')"],
      "xcode_settings": {
        "OTHER_CPLUSPLUSFLAGS": ["<!@((pkg-config --cflags eigen3 2>/dev/null || echo -I/usr/include/eigen3) | sed 's/-I/-isystem/g')"]
      },
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["fedmtl_kernels_avx2", "fedmtl_kernels_avx512"] }],
        ["target_arch=='arm64'", { "sources": ["<@(kernels_neon)"] }]
      ]
    },
    {
      "target_name": "addon",
      "dependencies": ["fedmtl_core"],
      "sources": ["<@(bindings)"],
      "cflags_cc": ["-isystem", "<!(node -p \"require('path').resolve(require('node-addon-api').include_dir)\")"],
      "defines": [
        "NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS", "NODE_ADDON_API_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "libraries": ["<!@(pkg-config --libs openblas 2>/dev/null || echo -lopenblas)", "-pthread"]
    }
  ],
  # Kernels that need instruction-set flags: one static library a level, because flags belong to a target.
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "fedmtl_kernels_avx2",
          "type": "static_library",
          "sources": ["<@(kernels_avx2)"],
          "cflags_cc": ["-mavx2", "-mfma"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mfma"] }
        },
        {
          "target_name": "fedmtl_kernels_avx512",
          "type": "static_library",
          "sources": ["<@(kernels_avx512)"],
          "cflags_cc": ["-mavx2", "-mfma", "-mavx512f", "-Wno-maybe-uninitialized"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mfma", "-mavx512f"] }
        }
      ]
    }]
  ]
}

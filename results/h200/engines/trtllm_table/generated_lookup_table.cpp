// For TensorRT-LLM after 1.2 (its main branch in 2026), measured on sm90 (NVIDIA H200).
// Setting: cuda, allreduce, graph, context engine, bfloat16.
// Run 20261129-134358-0e21 of 2026-11-29T13:44:10Z, Arbiter 0.2.0 (98abc8a68f81).
// TensorRT-LLM's paths were measured as: one_shot (4): FLASHINFER_ONESHOT; two_shot (5): FLASHINFER_TWOSHOT; nccl (0): NCCL; nccl_symmetric (8): NCCL_SYMMETRIC.
// Put it in the place of AllReduceBestStrategyTableSM90 in cpp/tensorrt_llm/common/customAllReduceUtils.h and build TensorRT-LLM.
// The strategy AUTO reads the table only with TLLM_DISABLE_ALLREDUCE_AUTOTUNE=1 (or without MPI); else it asks its autotuner.
// Messages above 64 MiB (TRTLLM_ALLREDUCE_FUSION_WORKSPACE_SIZE) go to NCCL, whatever the table has for them.
// Regret in percent, the mean and the worst cell's in brackets:
// tp 2: TensorRT-LLM itself was not measured: FlashInfer's copy of its kernels counts for it.
// tp 2: TensorRT-LLM's own ids stay for NONE, RESIDUAL_RMS_NORM, RESIDUAL_RMS_NORM_QUANT_FP8 but for 3 measured points, as others gain less than noise could.
// tp 2: shipped 0.29 (20.22), here 0.01 (0.71) over the best path of the table; shipped 54.58 (105.25), here 54.09 (102.87) over the fastest strategy; 126 cells.
// tp 2, held out (hidden 7168, 42 cells): shipped 0.00 (0.0), here 0.00 (0.0), the best values for them 0.00 (0.0).
// tp 2: ONESHOT is the fastest in 2 % of 126 cells where TensorRT-LLM's table cannot choose it: the best that it can choose takes 30.7 % longer there in the mean.
// tp 2: ONESHOT_PLAIN is the fastest in 83 % of 126 cells where TensorRT-LLM's table cannot choose it: the best that it can choose takes 54.6 % longer there in the mean.
// tp 2: TWOSHOT is the fastest in 2 % of 126 cells where TensorRT-LLM's table cannot choose it: the best that it can choose takes 53.8 % longer there in the mean.
// tp 2: TWOSHOT_PLAIN is the fastest in 13 % of 126 cells where TensorRT-LLM's table cannot choose it: the best that it can choose takes 55.0 % longer there in the mean.
// Points without measurements have the ids of a fit to the others of their tp size and fusion, and TensorRT-LLM's own ids
// where nothing else was measured, or where those stay:
// Not measured: tp 2, NONE, hidden 128
// Not measured: tp 2, NONE, hidden 256
// Not measured: tp 2, NONE, hidden 512
// Not measured: tp 2, NONE, hidden 1024
// Not measured: tp 2, NONE, hidden 2048: tokens 16384
// Not measured: tp 2, NONE, hidden 4096: tokens 16384
// Not measured: tp 2, NONE, hidden 8192: tokens 8192..16384
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 128
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 256
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 512
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 1024
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 2048: tokens 16384
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 4096: tokens 16384
// Not measured: tp 2, RESIDUAL_RMS_NORM, hidden 8192: tokens 8192..16384
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 128
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 256
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 512
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 1024
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 2048: tokens 16384
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 4096: tokens 16384
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_FP8, hidden 8192: tokens 8192..16384
// Not measured: tp 2, RESIDUAL_RMS_NORM_QUANT_NVFP4
// Not measured: tp 4
// Not measured: tp 8
// AllReduce lookup: [tp][fusion][hidden][tokens] = strategy
// TP:[2, 4, 8] Fusion:['NONE', 'RESIDUAL_RMS_NORM', 'RESIDUAL_RMS_NORM_QUANT_FP8', 'RESIDUAL_RMS_NORM_QUANT_NVFP4']
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90 = {
    {
        // TP=2
        { // Fusion=NONE
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,4,4,4,4,4,4,4,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_NVFP4
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=128
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=256
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=512
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=1024
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=2048
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=4096
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0} // hidden_size=8192
        }
    },
    {
        // TP=4
        { // Fusion=NONE
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,4,5,5,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,4,5,5,5,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,4,5,5,5,0,0,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,4,4,5,0,0,0,0,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,4,5,5,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,4,5,5,0,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,4,4,5,5,0,0,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,4,4,0,0,0,0,0,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,4,0,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,4,5,5,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,4,5,5,5,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,4,4,5,5,5,5,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,4,4,5,5,5,5,5,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_NVFP4
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=128
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=256
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=512
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=1024
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=2048
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=4096
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0} // hidden_size=8192
        }
    },
    {
        // TP=8
        { // Fusion=NONE
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,5,5,0,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,0,5,5,5,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,0,5,5,5,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,0,5,5,0,0,0,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,0,5,5,0,0,0,0,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,5,0,0,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,5,5,0,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,0,5,5,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,0,5,5,0,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,0,0,0,0,0,0,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,0,0,0,0,0,0,0,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=128
            {4,4,4,4,4,4,4,4,4,4,4,0,0,0,0}, // hidden_size=256
            {4,4,4,4,4,4,4,4,4,4,5,5,0,0,0}, // hidden_size=512
            {4,4,4,4,4,4,4,4,4,0,5,5,0,0,0}, // hidden_size=1024
            {4,4,4,4,4,4,4,4,0,5,5,5,0,0,0}, // hidden_size=2048
            {4,4,4,4,4,4,4,0,0,0,5,0,0,0,0}, // hidden_size=4096
            {4,4,4,4,4,4,0,0,0,0,0,0,0,0,0} // hidden_size=8192
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_NVFP4
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=128
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=256
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=512
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=1024
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=2048
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}, // hidden_size=4096
            {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0} // hidden_size=8192
        }
    }
};
// Tokens:[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]

// AllReduce lookup: [tp][fusion][hidden][tokens] = strategy
// TP:[2, 8] Fusion:['NONE', 'RESIDUAL_RMS_NORM_QUANT_FP8']
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90 = {
    {
        // TP=2
        { // Fusion=NONE
            {4,4,5}, // hidden_size=1024
            {4,5,0} // hidden_size=2048
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {8,8,8}, // hidden_size=1024
            {8,8,0} // hidden_size=2048
        }
    },
    {
        // TP=8
        { // Fusion=NONE
            {5,5,5}, // hidden_size=1024
            {0,0,99} // hidden_size=2048
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {4,4,4}, // hidden_size=1024
            {4,4,4} // hidden_size=2048
        }
    }
};
// Tokens:[1, 2, 4]


// Fusion:['NONE']
/* Hidden sizes are told
   by their place. */
using AllReduceBestStrategyTableType = std::vector<std::vector<std::vector<std::vector<int>>>>;
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90
    = {{    // TP=2
           {// Fusion=NONE
               {4, 4}, {4, 5}, /* two
               lines */ {5, 0}},
           {// Fusion=RESIDUAL_RMS_NORM
               {0, 0}, {0, 0}, {0, 0}}}};
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM100 = {{{{5}}}};
inline const std::unordered_map<int, AllReduceBestStrategyTableType> AllReduceBestStrategyTable = {
    {90, AllReduceBestStrategyTableSM90}};

// An epilogue without finish().
#define SAMPLE_INCOMPLETE
#include "epilogue.cu"

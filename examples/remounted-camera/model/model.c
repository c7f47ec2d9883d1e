// A model file among the constants of the program: a linker script puts them into flash.

#include "camera_model.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(16) static const unsigned char model[] = {
#embed "camera.selvedge"
};

const void *camera_model(void) { return model; }
size_t camera_model_bytes(void) { return sizeof model; }

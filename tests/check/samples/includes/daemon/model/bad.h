#include "daemon/rpc/server.h"

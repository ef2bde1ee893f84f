#ifndef CSLUICE_SYSTEM_H
#define CSLUICE_SYSTEM_H

#endif

"""Where things were published: the sources that fields, presets and the paper lamp cite.

Imported by the modules of fields, presets and papers. Imports nothing.
"""

from __future__ import annotations

HE_2015 = "He et al. 2015, arXiv 1512.03385"
HE_2016 = "He et al. 2016, arXiv 1603.05027"
RESNEXT = "Xie et al. 2016, arXiv 1611.05431"
WIDE = "Zagoruyko and Komodakis 2016, arXiv 1605.07146"
GOYAL = "Goyal et al. 2017, arXiv 1706.02677"
TRICKS = "He et al. 2018, arXiv 1812.01187"
HIGHWAY = "Srivastava et al. 2015, arXiv 1505.00387"
TORCHVISION = "torchvision.models.resnet"
ALEXNET = "Krizhevsky et al. 2012"
VGG = "Simonyan and Zisserman 2014, arXiv 1409.1556"
BATCH_NORM = "Ioffe and Szegedy 2015, arXiv 1502.03167"
STOCHASTIC = "Huang et al. 2016, arXiv 1603.09382"
SE = "Hu et al. 2017, arXiv 1709.01507"
CBAM = "Woo et al. 2018, arXiv 1807.06521"
GROUP_NORM = "Wu and He 2018, arXiv 1803.08494"
BLUR = "Zhang 2019, arXiv 1904.11486"
ECA = "Wang et al. 2019, arXiv 1910.03151"

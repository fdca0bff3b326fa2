/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The E-model, term by term under the names of G.107.
 */
#include <math.h>
#include <strings.h>

#include "base/cleanup.h"
#include "sipp/mos.h"

/* G.107 table 2, default values. */
static const double SLR = 8, RLR = 2, STMR = 15, Dr = 3, Ds = 3, TELR = 65, WEPL = 110, qdu = 1, Nc = -70, Nfor = -64,
                    Ps = 35, Pr = 35;

static const struct vl_mos_codec codecs[] = {
    { .name = "PCMU", .ie = 0, .bpl = 25.1, .bpl_plain = 4.3 },
    { .name = "PCMA", .ie = 0, .bpl = 25.1, .bpl_plain = 4.3 },
    { .name = "G729", .ie = 11, .bpl = 19 },
    { .name = "G723", .ie = 15, .bpl = 16.1 },
    { .name = "GSM-EFR", .ie = 5, .bpl = 10 },
    { .name = "GSM", .ie = 20, .bpl = 10, .assumed = true }, /* Ie of the full rate; Bpl of GSM-EFR */
    { .name = "iLBC", .ie = 11, .bpl = 32 },
    { .name = "G722", .ie = -1 }, /* wide band: G.107.1, on another scale */
    { .name = "opus", .ie = -1 },
    { .name = "speex", .ie = -1 },
};

const struct vl_mos_codec *vl_mos_codec(const char *name)
{
    for (size_t i = 0; name && i < VL_COUNT(codecs); i++)
        if (!strcasecmp(name, codecs[i].name))
            return &codecs[i];
    return NULL;
}

static double power(double decibel)
{
    return pow(10, decibel / 10);
}

/* No: all noise as one at the 0 dBr point (7.2). */
static double noise(void)
{
    const double OLR = SLR + RLR, LSTR = STMR + Dr;
    double Nos = Ps - SLR - Ds - 100 + 0.004 * pow(Ps - OLR - Ds - 14, 2);
    double Pre = Pr + 10 * log10(1 + power(10 - LSTR));
    double Nor = RLR - 121 + Pre + 0.008 * pow(Pre - 35, 2);

    return 10 * log10(power(Nc) + power(Nos) + power(Nor) + power(Nfor + RLR));
}

/* Is: what comes with the voice itself: loudness, sidetone, quantizing (7.3). */
static double simultaneous(double Ro, double No)
{
    double Xolr = SLR + RLR + 0.2 * (64 + No - RLR);
    double Iolr = 20 * (pow(1 + pow(Xolr / 8, 8), 1.0 / 8) - Xolr / 8);
    double STMRo = -10 * log10(power(-STMR) + power(-TELR)); /* with T = 0 */
    double Ist = 12 * pow(1 + pow((STMRo - 13) / 6, 8), 1.0 / 8) - 28 * pow(1 + pow((STMRo + 1) / 19.4, 35), 1.0 / 35) -
                 13 * pow(1 + pow((STMRo - 3) / 33, 13), 1.0 / 13) + 29;
    double Q = 37 - 15 * log10(qdu), G = 1.07 + 0.258 * Q + 0.0602 * Q * Q;
    double Y = (Ro - 100) / 15 + 46 / 8.4 - G / 9, Z = 46.0 / 30 - G / 40;

    return Iolr + Ist + 15 * log10(1 + pow(10, Y) + pow(10, Z));
}

/* Id: echo to the talker, echo to the listener, and waiting (7.4). */
static double delayed(double Ro, double No, double T)
{
    double TERV = TELR - 40 * log10((1 + T / 10) / (1 + T / 150)) + 6 * exp(-0.3 * T * T);
    double Roe = -1.5 * (No - RLR), Re = 80 + 2.5 * (TERV - 14);
    double Idte = ((Roe - Re) / 2 + sqrt(pow(Roe - Re, 2) / 4 + 100) - 1) * (1 - exp(-T));
    double Rle = 10.5 * (WEPL + 7) * pow(2 * T + 1, -0.25);
    double Idle = (Ro - Rle) / 2 + sqrt(pow(Ro - Rle, 2) / 4 + 169);
    double X = T > 100 ? log10(T / 100) / log10(2) : 0;
    double Idd = T > 100 ? 25 * (pow(1 + pow(X, 6), 1.0 / 6) - 3 * pow(1 + pow(X / 3, 6), 1.0 / 6) + 2) : 0;

    return (Idte > 0 ? Idte : 0) + Idle + Idd;
}

static double of_rating(double R)
{
    if (R <= 0)
        return 1;
    if (R >= 100)
        return 4.5;
    R = 1 + 0.035 * R + R * (R - 60) * (100 - R) * 7e-6;
    return R < 1 ? 1 : R;
}

bool vl_mos_estimate(const struct vl_mos_inputs *inputs, struct vl_mos *ret_mos)
{
    const struct vl_mos_codec *codec = inputs->codec;
    double No = noise(), Ppl = inputs->loss_percent, burst = inputs->burst < 1 ? 1 : inputs->burst, Bpl;

    *ret_mos = (struct vl_mos){ .ro = 15 - 1.5 * (SLR + No) };
    if (!codec || codec->ie < 0)
        return false;
    if (Ppl > 2) /* beyond, the model knows random loss alone (7.5) */
        burst = 1;
    Bpl = inputs->plain && codec->bpl_plain > 0 ? codec->bpl_plain : codec->bpl;
    ret_mos->is = simultaneous(ret_mos->ro, No);
    ret_mos->id = delayed(ret_mos->ro, No, inputs->delay_ms);
    ret_mos->ie_effective = codec->ie + (95 - codec->ie) * Ppl / (Ppl / burst + Bpl);
    ret_mos->r = ret_mos->ro - ret_mos->is - ret_mos->id - ret_mos->ie_effective;
    ret_mos->mos = of_rating(ret_mos->r);
    return true;
}

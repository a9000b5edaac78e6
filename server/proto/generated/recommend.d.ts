import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace vitrine. */
export namespace vitrine {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a RecommendReply.
         * @deprecated Use vitrine.v1.RecommendReply.$Properties instead.
         */
        interface IRecommendReply extends vitrine.v1.RecommendReply.$Properties {
        }

        /** Represents a RecommendReply. */
        class RecommendReply {

            /**
             * Constructs a new RecommendReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.RecommendReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RecommendReply recommendation_id. */
            recommendation_id: string;

            /** RecommendReply scene. */
            scene: string;

            /** RecommendReply items. */
            items: vitrine.v1.SlateItem.$Properties[];

            /** RecommendReply model_version. */
            model_version: string;

            /** RecommendReply degraded. */
            degraded?: (vitrine.v1.Degradation.$Properties|null);

            /** RecommendReply attribution_token. */
            attribution_token: string;

            /** RecommendReply personalization. */
            personalization?: (vitrine.v1.Personalization.$Properties|null);

            /**
             * Encodes the specified RecommendReply message. Does not implicitly {@link vitrine.v1.RecommendReply.verify|verify} messages.
             * @param message RecommendReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.RecommendReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RecommendReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.RecommendReply & vitrine.v1.RecommendReply.$Shape} RecommendReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.RecommendReply & vitrine.v1.RecommendReply.$Shape;
        }

        namespace RecommendReply {

            /** Properties of a RecommendReply. */
            interface $Properties {

                /** RecommendReply recommendation_id */
                recommendation_id?: (string|null);

                /** RecommendReply scene */
                scene?: (string|null);

                /** RecommendReply items */
                items?: (vitrine.v1.SlateItem.$Properties[]|null);

                /** RecommendReply model_version */
                model_version?: (string|null);

                /** RecommendReply degraded */
                degraded?: (vitrine.v1.Degradation.$Properties|null);

                /** RecommendReply attribution_token */
                attribution_token?: (string|null);

                /** RecommendReply personalization */
                personalization?: (vitrine.v1.Personalization.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RecommendReply. */
            type $Shape = vitrine.v1.RecommendReply.$Properties;
        }

        /**
         * Properties of a SlateItem.
         * @deprecated Use vitrine.v1.SlateItem.$Properties instead.
         */
        interface ISlateItem extends vitrine.v1.SlateItem.$Properties {
        }

        /** Represents a SlateItem. */
        class SlateItem {

            /**
             * Constructs a new SlateItem.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.SlateItem.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SlateItem item_id. */
            item_id: string;

            /** SlateItem position. */
            position: number;

            /** SlateItem score. */
            score: number;

            /** SlateItem source. */
            source: string;

            /** SlateItem reasons. */
            reasons: string[];

            /**
             * Encodes the specified SlateItem message. Does not implicitly {@link vitrine.v1.SlateItem.verify|verify} messages.
             * @param message SlateItem message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.SlateItem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SlateItem message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.SlateItem & vitrine.v1.SlateItem.$Shape} SlateItem
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.SlateItem & vitrine.v1.SlateItem.$Shape;
        }

        namespace SlateItem {

            /** Properties of a SlateItem. */
            interface $Properties {

                /** SlateItem item_id */
                item_id?: (string|null);

                /** SlateItem position */
                position?: (number|null);

                /** SlateItem score */
                score?: (number|null);

                /** SlateItem source */
                source?: (string|null);

                /** SlateItem reasons */
                reasons?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SlateItem. */
            type $Shape = vitrine.v1.SlateItem.$Properties;
        }

        /**
         * Properties of a Degradation.
         * @deprecated Use vitrine.v1.Degradation.$Properties instead.
         */
        interface IDegradation extends vitrine.v1.Degradation.$Properties {
        }

        /** Represents a Degradation. */
        class Degradation {

            /**
             * Constructs a new Degradation.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Degradation.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Degradation tier. */
            tier: string;

            /** Degradation reasons. */
            reasons: string[];

            /**
             * Encodes the specified Degradation message. Does not implicitly {@link vitrine.v1.Degradation.verify|verify} messages.
             * @param message Degradation message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Degradation.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Degradation message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Degradation & vitrine.v1.Degradation.$Shape} Degradation
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Degradation & vitrine.v1.Degradation.$Shape;
        }

        namespace Degradation {

            /** Properties of a Degradation. */
            interface $Properties {

                /** Degradation tier */
                tier?: (string|null);

                /** Degradation reasons */
                reasons?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Degradation. */
            type $Shape = vitrine.v1.Degradation.$Properties;
        }

        /**
         * Properties of a Personalization.
         * @deprecated Use vitrine.v1.Personalization.$Properties instead.
         */
        interface IPersonalization extends vitrine.v1.Personalization.$Properties {
        }

        /** Represents a Personalization. */
        class Personalization {

            /**
             * Constructs a new Personalization.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Personalization.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Personalization applied. */
            applied: boolean;

            /** Personalization reason. */
            reason: string;

            /**
             * Encodes the specified Personalization message. Does not implicitly {@link vitrine.v1.Personalization.verify|verify} messages.
             * @param message Personalization message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Personalization.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Personalization message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Personalization & vitrine.v1.Personalization.$Shape} Personalization
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Personalization & vitrine.v1.Personalization.$Shape;
        }

        namespace Personalization {

            /** Properties of a Personalization. */
            interface $Properties {

                /** Personalization applied */
                applied?: (boolean|null);

                /** Personalization reason */
                reason?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Personalization. */
            type $Shape = vitrine.v1.Personalization.$Properties;
        }
    }
}
